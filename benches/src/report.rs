//! What the bench says: the table, the figures that have a limit, JSON, and the last line.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cell::Cell;
use crate::summary::{Row, round};

/// A cell's two rows.
pub struct Pair {
    pub cell: Cell,
    pub floor: Row,
    pub extension: Row,
}

impl Pair {
    pub fn wall(&self) -> f64 {
        self.extension.wall.median / self.floor.wall.median
    }

    pub fn cpu(&self) -> f64 {
        self.extension.cpu.median / self.floor.cpu.median
    }

    pub fn instructions(&self) -> Option<f64> {
        Some(self.extension.instructions? as f64 / self.floor.instructions? as f64)
    }

    fn json(&self) -> Value {
        json!({
            "parameters": self.cell.size.parameters,
            "secrets": self.cell.size.secrets,
            "delay_ms": self.cell.delay_ms,
            "policy": self.cell.policy,
            "cpu": if self.cell.throttled { "1/14" } else { "1" },
            "extension": self.extension.json(),
            "floor": self.floor.json(),
            "ratio": {
                "wall": round(self.wall()),
                "cpu": round(self.cpu()),
                "instructions": self.instructions().map(round),
            },
        })
    }
}

/// `vestry-exec` and what it is held against.
pub struct HandOverRow {
    pub vestry_exec_cpu_ms: f64,
    pub just_exec_cpu_ms: f64,
    pub vestry_exec_wall_ms: f64,
    pub just_exec_wall_ms: f64,
    pub binary_bytes: u64,
}

pub struct Report {
    pub runs: usize,
    pub pairs: Vec<Pair>,
    pub hand_over: HandOverRow,
    /// What could not be measured, and why.
    pub notes: Vec<String>,
}

const HEAD: &str = " refs delay  policy   cpu  program    wall ms (min)    CPU ms (min)  M instr   RSS MiB  conn  hs  req   MB   \
                    x wall  x CPU  x instr";

impl Report {
    pub fn table(&self) -> String {
        let mut table = format!("{HEAD}\n");
        for pair in &self.pairs {
            let ratios = format!(
                "{:>8.2} {:>6.2} {:>8}",
                pair.wall(),
                pair.cpu(),
                pair.instructions().map_or("-".into(), |ratio| format!("{ratio:.2}"))
            );
            let _ = writeln!(table, "{}  floor      {}", pair.cell, columns(&pair.floor));
            let _ = writeln!(table, "{}  extension  {} {ratios}", pair.cell, columns(&pair.extension));
        }
        for note in &self.notes {
            let _ = writeln!(table, "note: {note}");
        }
        table
    }

    /// The figures that have a limit, as far as their cells were measured.
    pub fn limits(&self) -> String {
        let mut lines = String::new();
        for (figure, limit, unit, value) in self.figures() {
            let verdict = if value <= limit { "ok" } else { "OVER" };
            let _ = writeln!(lines, "{figure:<58} {value:>7.2} of {limit:>5.2} {unit:<7} {verdict}");
        }
        lines
    }

    fn figures(&self) -> Vec<(&'static str, f64, &'static str, f64)> {
        let headline = self.pair(Cell::plain(10, 10, 20));
        let idle = self.pair(Cell::plain(10, 10, 0));
        let policy = self.pair(Cell::plain(10, 10, 20).with_policy());
        let (small, large) = (self.pair(Cell::plain(1, 1, 20)), self.pair(Cell::plain(50, 20, 20)));
        let mib = |policy| {
            let of_kind = self.pairs.iter().filter(move |pair| pair.cell.policy == policy);
            of_kind.map(|pair| pair.extension.peak_rss_kib as f64 / 1024.0).reduce(f64::max)
        };
        let wall = |pair: Option<&Pair>| Some(pair?.extension.wall.median);
        let hand_over = &self.hand_over;
        let figures = [
            ("wall, 10+10 at 20 ms, no policy", 1.10, "x floor", headline.map(Pair::wall)),
            ("CPU, 10+10 at 0 ms, no policy (aim: 1.25)", 1.60, "x floor", idle.map(Pair::cpu)),
            (
                "instructions, 10+10 (aim: 1.25)",
                1.45,
                "x floor",
                headline.or(idle).and_then(Pair::instructions),
            ),
            (
                "growth: wall of 50+20 against 1+1 at 20 ms",
                1.30,
                "x",
                wall(large).zip(wall(small)).map(|(large, small)| large / small),
            ),
            (
                "policy of 10 files, added wall, 10+10 at 20 ms",
                1.00,
                "ms",
                wall(policy).zip(wall(headline)).map(|(with, without)| with - without),
            ),
            ("peak RSS without policy", 8.0, "MiB", mib(false)),
            ("peak RSS with policy", 14.0, "MiB", mib(true)),
            (
                "extension, stripped",
                8.0,
                "MB",
                self.pairs.first().map(|pair| pair.extension.binary_bytes as f64 / 1e6),
            ),
            (
                "vestry-exec, CPU against a program that only execs",
                1.50,
                "x",
                Some(hand_over.vestry_exec_cpu_ms / hand_over.just_exec_cpu_ms),
            ),
            ("vestry-exec, stripped", 0.6, "MB", Some(hand_over.binary_bytes as f64 / 1e6)),
        ];
        figures
            .into_iter()
            .filter_map(|(figure, limit, unit, value)| Some((figure, limit, unit, value?)))
            .collect()
    }

    pub fn hand_over(&self) -> String {
        let row = &self.hand_over;
        format!(
            "vestry-exec, exec to the exec of the next program: wall {:.3} ms, CPU {:.3} ms; a C program that only \
             execs: wall {:.3} ms, CPU {:.3} ms",
            row.vestry_exec_wall_ms, row.vestry_exec_cpu_ms, row.just_exec_wall_ms, row.just_exec_cpu_ms
        )
    }

    /// The line for machines.
    pub fn last_line(&self) -> Option<String> {
        let pair = self.pair(Cell::plain(10, 10, 20))?;
        let instructions = pair.instructions().map_or("?".into(), |ratio| format!("{ratio:.2}"));
        Some(format!(
            "cold start 10+10 at 20 ms: wall {:.2} x floor, cpu {:.2} x floor, instructions {instructions} x floor",
            pair.wall(),
            pair.cpu()
        ))
    }

    pub fn json(&self) -> Value {
        let row = &self.hand_over;
        json!({
            "runs": self.runs,
            "cells": self.pairs.iter().map(Pair::json).collect::<Vec<_>>(),
            "vestry_exec": {
                "cpu_ms": round(row.vestry_exec_cpu_ms),
                "wall_ms": round(row.vestry_exec_wall_ms),
                "binary_bytes": row.binary_bytes,
                "just_exec_cpu_ms": round(row.just_exec_cpu_ms),
                "just_exec_wall_ms": round(row.just_exec_wall_ms),
            },
            "limits": self.figures().iter().map(|(figure, limit, unit, value)| {
                json!({ "figure": figure, "limit": limit, "unit": unit, "value": round(*value) })
            }).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }

    pub fn pair(&self, cell: Cell) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.cell == cell)
    }
}

fn columns(row: &Row) -> String {
    format!(
        "{:>7.2} ({:>6.2}) {:>7.2} ({:>5.2}) {:>8} {:>8.1} {:>6} {:>3} {:>4} {:>5.1}",
        row.wall.median,
        row.wall.min,
        row.cpu.median,
        row.cpu.min,
        row.instructions.map_or("-".into(), |count| format!("{:.2}", count as f64 / 1e6)),
        row.peak_rss_kib as f64 / 1024.0,
        row.connections,
        row.handshakes,
        row.requests,
        row.binary_bytes as f64 / 1e6,
    )
}
