//! The paths that a Rust source names, in `use` trees and in between. A tokeniser, not a parser: it knows nothing of scopes.

/// Every path in `source`, `use` trees spread out; paths from `super` are not resolved, those into the file's own
/// modules are left out.
pub(super) fn used_by(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_name(&tokens[at]) {
            at = tree(&tokens, at, "", &mut paths);
        } else {
            at += 1;
        }
    }
    let declared = tokens
        .windows(3)
        .filter(|three| three[0] == "mod" && three[2] == ";")
        .map(|three| &three[1]);
    let own: Vec<&String> = declared.collect();
    paths.retain(|path| !own.iter().any(|module| begins_with(path, module)));
    paths
}

/// Whether `path` is `prefix` or lies below it.
pub(super) fn begins_with(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The source up to its test module.
pub(super) fn without_tests(source: &str) -> String {
    source
        .split("#[cfg(test)]\nmod ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Reads one tree, `a::b` or `a::{b, c::d}`, below `prefix`; returns where it ended.
fn tree(tokens: &[String], mut at: usize, prefix: &str, paths: &mut Vec<String>) -> usize {
    let mut path = prefix.to_owned();
    while at < tokens.len() && is_name(&tokens[at]) {
        path = if path.is_empty() {
            tokens[at].clone()
        } else {
            format!("{path}::{}", tokens[at])
        };
        at += 1;
        if tokens.get(at).map(String::as_str) != Some("::") {
            paths.push(path);
            return at;
        }
        at += 1;
        if tokens.get(at).map(String::as_str) == Some("{") {
            return branches(tokens, at + 1, &path, paths);
        }
    }
    paths.push(path);
    at
}

fn branches(tokens: &[String], mut at: usize, prefix: &str, paths: &mut Vec<String>) -> usize {
    while at < tokens.len() && tokens[at] != "}" {
        at = if is_name(&tokens[at]) {
            tree(tokens, at, prefix, paths)
        } else {
            at + 1
        };
    }
    at + 1
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::`, `{`, `}` and other single characters; comments and strings are left out.
pub(super) fn tokens(source: &str) -> Vec<String> {
    let code: Vec<&str> = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = without_strings(&code.join("\n"));
    let mut tokens: Vec<String> = Vec::new();
    let mut characters = code.chars().peekable();
    while let Some(first) = characters.next() {
        let mut token = first.to_string();
        if is_name(&token) {
            while let Some(more) = characters.next_if(|c| c.is_alphanumeric() || *c == '_') {
                token.push(more);
            }
        } else if first == ':' && characters.next_if_eq(&':').is_some() {
            token.push(':');
        }
        if !first.is_whitespace() {
            tokens.push(token);
        }
    }
    tokens
}

fn without_strings(code: &str) -> String {
    code.replace("\\\"", "")
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join("\"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn use_trees_are_spread_out() {
        let paths = used_by(
            "use crate::{db::{self, tokens}, uploads};\nfn f() { diesel::insert(x) } // actix_web\n",
        );
        for wanted in [
            "crate::db::self",
            "crate::db::tokens",
            "crate::uploads",
            "diesel::insert",
        ] {
            assert!(
                paths.iter().any(|path| path == wanted),
                "{wanted} in {paths:?}"
            );
        }
        assert!(!paths.iter().any(|path| path.contains("actix_web")));
    }

    #[test]
    fn an_own_module_is_not_the_library_of_its_name() {
        assert!(
            used_by("mod opendal;\npub use opendal::Store;")
                .iter()
                .all(|path| !begins_with(path, "opendal"))
        );
        assert!(used_by("pub use opendal::Operator;").contains(&"opendal::Operator".to_owned()));
    }

    #[test]
    fn a_prefix_ends_at_a_name() {
        assert!(begins_with("crate::db::tokens", "crate::db"));
        assert!(begins_with("diesel", "diesel"));
        assert!(!begins_with("diesel_async::x", "diesel"));
    }
}
