//! docs/performance-cli.md: what is measured stands between two marks and is written anew; what people made of it stays.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::workspace::{program, root};

const BEGIN: &str = "<!-- measured by `cargo xtask bench cli` -->";
const END: &str = "<!-- end of what is measured -->";

/// A table under a heading.
pub(super) struct Section {
    title: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Section {
    pub(super) fn new(title: &str, head: &[&str]) -> Self {
        Section {
            title: title.to_owned(),
            head: head.iter().map(|&word| word.to_owned()).collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(super) fn note(&mut self, text: String) {
        eprintln!("{text}");
        self.notes.push(text);
    }
}

/// All tables.
pub(super) struct Report(String);

impl Report {
    pub(super) fn new() -> Self {
        let first = |name: &str, args: &[&str]| {
            let output = program(name).args(args).output();
            output.map_or_else(
                |_| "unknown".to_owned(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            )
        };
        let cpu = first(
            "sh",
            &["-c", "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2"],
        );
        let cores = first("nproc", &[]);
        let load = first("cut", &["-d ", "-f1-3", "/proc/loadavg"]);
        let disk = first("df", &["--output=fstype,source", "."]);
        let disk = disk.lines().last().unwrap_or("unknown").to_owned();
        Report(format!(
            "Machine: {cpu}, {cores} cores; {disk}; load average at the start {load}. Source cached, destination empty, every run ends durable unless it says otherwise. CPU is user and system of the run that took least.\n"
        ))
    }

    pub(super) fn add(&mut self, section: Section) {
        let text = &mut self.0;
        let _ = writeln!(text, "\n## {}", section.title);
        let _ = writeln!(text, "| {} |", section.head.join(" | "));
        let _ = writeln!(text, "|{}", "---|".repeat(section.head.len()));
        for row in &section.rows {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
        if !section.notes.is_empty() {
            let _ = writeln!(text, "\n{}", section.notes.join("\n"));
        }
    }

    pub(super) fn write(&self) -> Result<()> {
        let path = root().join("docs/performance-cli.md");
        let before = std::fs::read_to_string(&path)?;
        let (head, rest) = before.split_once(BEGIN).context("the first mark is gone")?;
        let (_, tail) = rest.split_once(END).context("the second mark is gone")?;
        std::fs::write(&path, format!("{head}{BEGIN}\n{}\n{END}{tail}", self.0))?;
        eprintln!("wrote {}", path.display());
        Ok(())
    }
}
