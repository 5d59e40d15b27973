//! `ferry config show`: the value in force of every option of every command, and who said so.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, Command};
use serde::Serialize;

use super::{
    Origin, Parsed,
    apply::{long_name, said_about, typed, variable},
};

/// One option with its value.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, schemars::JsonSchema)]
pub struct Shown {
    /// `copy`, `job list-files`; empty for options of every command.
    pub command: String,
    /// The long name.
    pub option: String,
    /// Empty where nothing is set and nothing is built in.
    pub values: Vec<String>,
    /// Who said so, in words.
    pub origin: String,
}

/// All options, those of every command first, as the line that asks would have them. `environment` is asked for
/// variables.
pub fn effective(
    commands: &Command,
    parsed: &Parsed,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Vec<Shown> {
    let mut all = Vec::new();
    let showing = Showing {
        parsed,
        environment,
    };
    showing.add(commands, &mut Vec::new(), &mut all);
    all
}

struct Showing<'a> {
    parsed: &'a Parsed,
    environment: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Showing<'_> {
    fn add(&self, command: &Command, path: &mut Vec<String>, all: &mut Vec<Shown>) {
        for option in command.get_arguments() {
            let is_known_above = option.is_global_set() && !path.is_empty();
            let Some(long) = long_name(option).filter(|_| !is_known_above) else {
                continue;
            };
            let (values, origin) = self.value(option, path, &long);
            all.push(Shown {
                command: path.join(" "),
                option: long,
                values,
                origin: origin.to_string(),
            });
        }
        for below in command
            .get_subcommands()
            .filter(|below| !below.is_hide_set())
        {
            path.push(below.get_name().to_owned());
            self.add(below, path, all);
            path.pop();
        }
    }

    fn value(&self, option: &Arg, path: &[String], long: &str) -> (Vec<String>, Origin) {
        let typed = typed(&self.parsed.matches, option).filter(|_| path.is_empty());
        if let Some(values) = typed {
            return (values, Origin::CommandLine);
        }
        let name = variable(long);
        if let Some(value) = (self.environment)(&name) {
            return (vec![shown(&value)], Origin::Environment(name));
        }
        if let Some(setting) = said_about(&self.parsed.layers, path, long) {
            return (setting.values.clone(), setting.origin.clone());
        }
        let built_in = option.get_default_values().iter();
        let mut values: Vec<String> = built_in.map(|value| shown(value)).collect();
        if values.is_empty() && matches!(option.get_action(), ArgAction::SetTrue) {
            values.push("false".to_owned());
        }
        (values, Origin::BuiltIn)
    }
}

fn shown(value: &OsStr) -> String {
    value.to_string_lossy().into_owned()
}
