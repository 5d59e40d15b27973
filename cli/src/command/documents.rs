//! Completions, manual pages and the schema of messages: all made from the command tree and the types.

use std::{fs, io, path::Path};

use super::{
    CompletionShell, command_tree,
    session::{Ended, Session},
};
use crate::{exit::ExitCode, terminal::messages};

impl Session<'_> {
    /// `ferry completions SHELL`.
    pub(super) fn completions(&self, shell: CompletionShell) -> Ended {
        self.screen.raw(&completion_script(shell))?;
        Ok(ExitCode::Ok)
    }

    /// `ferry man [DIRECTORY]`.
    pub(super) fn man(&self, directory: Option<&Path>) -> Ended {
        match directory {
            None => self.screen.raw(&main_page()?)?,
            Some(_) if self.typed.common.dry_run => {}
            Some(directory) => write_pages(directory)?,
        }
        Ok(ExitCode::Ok)
    }

    /// `ferry json-schema`.
    pub(super) fn json_schema(&self) -> Ended {
        self.screen.raw(schema_text().as_bytes())?;
        Ok(ExitCode::Ok)
    }
}

/// The script for a shell.
pub fn completion_script(shell: CompletionShell) -> Vec<u8> {
    use clap_complete::{Shell, generate};
    let shell = match shell {
        CompletionShell::Bash => Shell::Bash,
        CompletionShell::Zsh => Shell::Zsh,
        CompletionShell::Fish => Shell::Fish,
        CompletionShell::Powershell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    generate(shell, &mut command_tree(), "ferry", &mut script);
    script
}

fn main_page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command_tree()).render(&mut page)?;
    Ok(page)
}

fn write_pages(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, page) in man_pages()? {
        fs::write(directory.join(name), page)?;
    }
    Ok(())
}

/// Every manual page by its file name, `ferry-copy.1`.
///
/// # Errors
/// A page can not be made.
pub fn man_pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut tree = command_tree();
    tree.build();
    let mut pages = Vec::new();
    add_pages(&tree, "ferry", &mut pages)?;
    Ok(pages)
}

fn add_pages(
    command: &clap::Command,
    name: &str,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    let mut page = Vec::new();
    let titled = command
        .clone()
        .name(name.to_owned())
        .bin_name(name.replace('-', " "));
    clap_mangen::Man::new(titled).render(&mut page)?;
    pages.push((format!("{name}.1"), page));
    let below = command
        .get_subcommands()
        .filter(|one| !one.is_hide_set() && one.get_name() != "help");
    below
        .into_iter()
        .try_for_each(|one| add_pages(one, &format!("{name}-{}", one.get_name()), pages))
}

/// The schema as it is published.
pub fn schema_text() -> String {
    format!("{:#}\n", serde_json::Value::from(messages::schema()))
}
