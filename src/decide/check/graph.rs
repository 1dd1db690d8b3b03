//! Which rule needs which: recursion, chains, and what a decision's stages come by.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::Budget;
use super::finding::{Code, Finding};
use super::ir::{Module, Node as Seen, Reference, Root, Term};
use super::tree::{NodeId, Reached, Tree};
use super::weight;
use crate::decide::rules::Stage;

/// Rules that one may need in a row; people write fewer than twenty.
const MAX_CHAIN: usize = 500;
/// A quarter of the stack that evaluation is given, by the estimate of [`super::weight`].
const MAX_WEIGHT: usize = 16 << 10;

/// Cycles that are told; one mistake often makes many.
const MAX_TOLD: usize = 20;
/// Of one cycle.
const MAX_NAMED: usize = 12;

/// Vertices are, for each node of the tree, its rules, and everything at and below it.
pub(super) struct Graph<'t, 'm, 'a> {
    tree: &'t Tree<'m, 'a>,
    /// For each vertex those that it needs.
    needs: Vec<Vec<usize>>,
    /// Nodes whose rules a rule of another name uses, tests left out.
    used: BTreeSet<NodeId>,
}

/// Of the longest way down from a vertex.
#[derive(Clone, Copy, Debug, Default)]
struct Height {
    rules: usize,
    /// In KiB of stack.
    weight: usize,
}

impl Height {
    fn max(self, other: Self) -> Self {
        Self { rules: self.rules.max(other.rules), weight: self.weight.max(other.weight) }
    }

    fn plus(self, other: Self) -> Self {
        Self { rules: self.rules + other.rules, weight: self.weight + other.weight }
    }

    fn is_too_much(self) -> bool {
        self.rules > MAX_CHAIN || self.weight > MAX_WEIGHT
    }
}

fn rules_at(node: NodeId) -> usize {
    node * 2
}

fn is_of_rules(vertex: usize) -> bool {
    vertex.is_multiple_of(2)
}

fn tree_at(node: NodeId) -> usize {
    node * 2 + 1
}

impl<'t, 'm, 'a> Graph<'t, 'm, 'a> {
    pub fn of(tree: &'t Tree<'m, 'a>, budget: &mut Budget) -> Self {
        let mut graph = Self { tree, needs: vec![Vec::new(); tree.nodes.len() * 2], used: BTreeSet::new() };
        for (id, node) in tree.nodes.iter().enumerate() {
            graph.needs[tree_at(id)].push(rules_at(id));
            graph.needs[tree_at(id)].extend(node.children.values().map(|child| tree_at(*child)));
            for (module, rule) in &node.rules {
                let mut reached = Reached::default();
                rule.visit(&mut |seen| reach(tree, &seen, &mut reached, budget));
                graph.add(id, module, &reached);
            }
        }
        for needs in &mut graph.needs {
            needs.sort_unstable();
            needs.dedup();
        }
        graph
    }

    fn add(&mut self, of: NodeId, module: &Module<'_>, reached: &Reached) {
        let rules = reached.rules.iter().map(|id| rules_at(*id));
        self.needs[rules_at(of)].extend(rules.chain(reached.trees.iter().map(|id| tree_at(*id))));
        if !module.is_test {
            let others = reached.rules.iter().chain(&reached.trees).filter(|id| **id != of);
            self.used.extend(others);
        }
    }

    /// Whether anything but the rule itself and tests uses what the node or one above it holds.
    pub fn is_used(&self, path: &[&str]) -> bool {
        (0..=path.len()).any(|end| self.tree.find(&path[..end]).is_some_and(|node| self.used.contains(&node)))
    }

    /// Recursion, and chains that are too long.
    pub fn check(&self, findings: &mut Vec<Finding>) {
        let (component, components) = self.components();
        let mut told = 0;
        // A component comes behind all that it needs.
        let mut heights = vec![Height::default(); components.len()];
        let mut too_high: Option<(usize, Height)> = None;
        for (number, members) in components.iter().enumerate() {
            let recursive = members.len() > 1 || self.needs[members[0]].contains(&members[0]);
            if recursive {
                for vertex in members.iter().filter(|vertex| is_of_rules(**vertex)) {
                    if told < MAX_TOLD {
                        findings.extend(self.recursion(*vertex, &component));
                    }
                    told += 1;
                }
                continue;
            }
            let below = self.needs[members[0]].iter().map(|other| heights[component[*other]]);
            heights[number] = below.fold(Height::default(), Height::max).plus(self.own_height(members[0]));
            if heights[number].is_too_much() && too_high.is_none() {
                too_high = Some((members[0], heights[number]));
            }
        }
        findings.extend(too_high.and_then(|(vertex, height)| self.too_high(vertex, height)));
    }

    fn own_height(&self, vertex: usize) -> Height {
        let rules = &self.tree.nodes[vertex / 2].rules;
        if !is_of_rules(vertex) || rules.is_empty() {
            return Height::default();
        }
        Height { rules: 1, weight: rules.iter().map(|(_, rule)| weight::of(rule)).max().unwrap_or(0) }
    }

    fn too_high(&self, vertex: usize, height: Height) -> Option<Finding> {
        // What stands on a tree of rules is told of the rule before it.
        let node = self.tree.nodes[vertex / 2..].iter().find(|node| !node.rules.is_empty())?;
        let why = if height.rules > MAX_CHAIN {
            format!("{} stands on a chain of more than {MAX_CHAIN} rules, each needing the next", node.name())
        } else {
            format!(
                "evaluating {} and what it needs may take more of the engine's stack than is safe: {} rules deep, about \
                 {} KiB of {MAX_WEIGHT}",
                node.name(),
                height.rules,
                height.weight
            )
        };
        let finding = Finding::at(Code::Limit, node.rules[0].1.at, why);
        Some(finding.advice("make fewer rules of them, or shorter ones"))
    }

    fn recursion(&self, vertex: usize, component: &[usize]) -> Option<Finding> {
        let node = &self.tree.nodes[vertex / 2];
        let rule = node.rules.first()?.1;
        let cycle = self.cycle(vertex, component)?;
        let named = |vertex: &usize| self.tree.nodes[vertex / 2].name();
        let mut names: Vec<String> = cycle.iter().take(MAX_NAMED).map(named).collect();
        if cycle.len() > MAX_NAMED {
            names.extend([format!("{} more", cycle.len() - MAX_NAMED - 1), named(&vertex)]);
        }
        let why = format!("rule {} is recursive: {}", node.name(), names.join(" -> "));
        let advice = "neither OPA nor Vestry evaluates it: use `walk` for what is nested, `graph.reachable` for what is linked";
        Some(Finding::at(Code::Recursion, rule.at, why).advice(advice))
    }

    /// The shortest way from a vertex back to itself, its rules only.
    fn cycle(&self, from: usize, component: &[usize]) -> Option<Vec<usize>> {
        let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
        let mut pending = std::collections::VecDeque::from([from]);
        while let Some(at) = pending.pop_front() {
            for next in self.needs[at].iter().filter(|next| component[**next] == component[from]) {
                if *next == from {
                    let mut way = vec![from];
                    let mut back = at;
                    while back != from {
                        way.push(back);
                        back = came_from[&back];
                    }
                    way.push(from);
                    way.reverse();
                    way.retain(|vertex| is_of_rules(*vertex));
                    return Some(way);
                }
                if !came_from.contains_key(next) {
                    came_from.insert(*next, at);
                    pending.push_back(*next);
                }
            }
        }
        None
    }

    /// Tarjan's strongly connected components, without recursion: of each vertex its component, and their members.
    fn components(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        const NONE: usize = usize::MAX;
        let count = self.needs.len();
        let (mut index, mut low) = (vec![NONE; count], vec![0usize; count]);
        let mut component = vec![NONE; count];
        let mut components: Vec<Vec<usize>> = Vec::new();
        let (mut stack, mut next_index) = (Vec::new(), 0);
        for root in 0..count {
            if index[root] != NONE {
                continue;
            }
            let mut work = vec![(root, 0usize)];
            while let Some((at, edge)) = work.pop() {
                if edge == 0 {
                    (index[at], low[at]) = (next_index, next_index);
                    next_index += 1;
                    stack.push(at);
                } else {
                    let child = self.needs[at][edge - 1];
                    if component[child] == NONE {
                        low[at] = low[at].min(low[child]);
                    }
                }
                if let Some(child) = self.needs[at].get(edge) {
                    work.push((at, edge + 1));
                    if index[*child] == NONE {
                        work.push((*child, 0));
                    }
                    continue;
                }
                if low[at] == index[at] {
                    let start = stack.iter().rposition(|member| *member == at).unwrap_or_default();
                    let members = stack.split_off(start);
                    for member in &members {
                        component[*member] = components.len();
                    }
                    components.push(members);
                }
            }
        }
        (component, components)
    }

    /// Nodes whose rules are reached, or are come by from there.
    pub fn behind(&self, reached: &Reached) -> BTreeSet<NodeId> {
        let rules = reached.rules.iter().map(|id| rules_at(*id));
        self.from(rules.chain(reached.trees.iter().map(|id| tree_at(*id))))
    }

    /// Nodes whose rules the given ones come by.
    pub fn reachable(&self, from: impl Iterator<Item = NodeId>) -> BTreeSet<NodeId> {
        self.from(from.map(rules_at))
    }

    fn from(&self, vertices: impl Iterator<Item = usize>) -> BTreeSet<NodeId> {
        let mut seen = vec![false; self.needs.len()];
        let mut pending: Vec<usize> = vertices.collect();
        while let Some(vertex) = pending.pop() {
            if !std::mem::replace(&mut seen[vertex], true) {
                pending.extend(&self.needs[vertex]);
            }
        }
        (0..self.tree.nodes.len()).filter(|node| seen[rules_at(*node)]).collect()
    }
}

/// The stages in which a rule may be evaluated: both where nothing that is evaluated comes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stages {
    pub declare: bool,
    pub resolve: bool,
}

impl Stages {
    pub fn is_only(self, stage: Stage) -> bool {
        match stage {
            Stage::Declare => self.declare && !self.resolve,
            Stage::Resolve => self.resolve && !self.declare,
        }
    }
}

pub(super) fn reach<'a>(
    tree: &Tree<'_, 'a>,
    seen: &Seen<'_, 'a>,
    reached: &mut Reached,
    budget: &mut Budget,
) {
    match seen {
        Seen::Term(Term::Ref(reference @ Reference { root: Root::Data, .. })) => {
            let found = tree.reached(reference, budget);
            reached.rules.extend(found.rules);
            reached.trees.extend(found.trees);
        }
        Seen::Term(Term::Call { function, .. }) => reached.rules.extend(tree.find(&function.path)),
        // As OPA: what is replaced counts as used.
        Seen::With(with) if with.target.first() == Some(&"data") => {
            reached.trees.extend(tree.find(&with.target[1..]));
        }
        _ => {}
    }
}
