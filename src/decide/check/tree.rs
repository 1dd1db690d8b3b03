//! The rules of a policy as the tree that they make below `data`.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::Budget;
use super::ir::{Module, Reference, Root, Rule, Step, Term};

pub(super) type NodeId = usize;

#[derive(Default)]
pub(super) struct Node<'m, 'a> {
    pub path: Vec<&'a str>,
    pub children: BTreeMap<&'a str, NodeId>,
    /// Each definition, with its module.
    pub rules: Vec<(&'m Module<'a>, &'m Rule<'a>)>,
    pub is_package: bool,
}

pub(super) struct Tree<'m, 'a> {
    pub nodes: Vec<Node<'m, 'a>>,
}

/// What a reference may reach: rules on its way, and whole trees at its end.
#[derive(Default)]
pub(super) struct Reached {
    pub rules: BTreeSet<NodeId>,
    pub trees: BTreeSet<NodeId>,
}

impl Reached {
    pub fn is_any(&self, tree: &Tree<'_, '_>) -> bool {
        let has_rules = |at: &NodeId| !tree.nodes[*at].rules.is_empty();
        !self.rules.is_empty() || self.trees.iter().any(|at| tree.below(*at).iter().any(has_rules))
    }
}

impl<'m, 'a> Tree<'m, 'a> {
    pub fn of(modules: &'m [Module<'a>]) -> Self {
        let mut tree = Self { nodes: vec![Node::default()] };
        for module in modules {
            let package = tree.insert(&module.package);
            tree.nodes[package].is_package = true;
            for rule in &module.rules {
                let at = tree.insert(&rule.path);
                tree.nodes[at].rules.push((module, rule));
            }
        }
        tree
    }

    fn insert(&mut self, path: &[&'a str]) -> NodeId {
        let mut at = 0;
        for (depth, name) in path.iter().enumerate() {
            at = match self.nodes[at].children.get(name) {
                Some(child) => *child,
                None => {
                    let child = self.nodes.len();
                    self.nodes.push(Node { path: path[..=depth].to_vec(), ..Node::default() });
                    self.nodes[at].children.insert(name, child);
                    child
                }
            };
        }
        at
    }

    pub fn find(&self, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(0, |at, name| self.nodes[at].children.get(name).copied())
    }

    /// Those at and below a node.
    pub fn below(&self, from: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut pending: Vec<NodeId> = vec![from];
        while let Some(at) = pending.pop() {
            found.push(at);
            pending.extend(self.nodes[at].children.values());
        }
        found
    }

    /// What a reference into `data` may reach; a part that only evaluation tells stands for every name.
    pub fn reached(&self, reference: &Reference<'a>, budget: &mut Budget) -> Reached {
        let mut reached = Reached::default();
        if !matches!(reference.root, Root::Data) {
            return reached;
        }
        let mut at: Vec<NodeId> = vec![0];
        for step in &reference.steps {
            let mut next = Vec::new();
            for id in at {
                let node = &self.nodes[id];
                if !node.rules.is_empty() {
                    reached.rules.insert(id);
                }
                match step {
                    Step::Name(name, _) => next.extend(node.children.get(name)),
                    // No rule is called by a number.
                    Step::Index(Term::Scalar(..)) => {}
                    Step::Index(_) => next.extend(node.children.values()),
                }
            }
            if !budget.spend(next.len() + 1) {
                return reached;
            }
            at = next;
        }
        reached.trees.extend(at);
        reached
    }
}

impl Node<'_, '_> {
    /// `data.lib.names.stage_of`
    pub fn name(&self) -> String {
        std::iter::once(&"data").chain(&self.path).copied().collect::<Vec<_>>().join(".")
    }
}
