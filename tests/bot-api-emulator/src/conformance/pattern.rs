//! Patterns of the list's bodies: plain texts with a few wildcards, no regular expressions.

/// Whether a text is as a pattern says, with `<int>`, `<word>` and `<any>` in it.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let next = ["<int>", "<word>", "<any>"]
        .into_iter()
        .filter_map(|wildcard| Some((pattern.find(wildcard)?, wildcard)))
        .min();
    let Some((at, wildcard)) = next else {
        return pattern == text;
    };
    let (literal, rest) = pattern.split_at(at);
    let (Some(text), Some(rest)) = (text.strip_prefix(literal), rest.strip_prefix(wildcard)) else {
        return false;
    };
    let fits = |c: char| match wildcard {
        "<int>" => c.is_ascii_digit() || c == '-',
        "<word>" => c.is_ascii_alphanumeric() || c == '-' || c == '_',
        _ => true,
    };
    let longest = text.find(|c| !fits(c)).unwrap_or(text.len());
    let ends = (0..=longest)
        .rev()
        .filter(|end| text.is_char_boundary(*end));
    let least = usize::from(wildcard != "<any>");
    let mut ends = ends.filter(|end| *end >= least);
    ends.any(|end| text.get(end..).is_some_and(|left| matches(rest, left)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say_and_nothing_else() {
        assert!(matches("a<int>b", "a-12b"));
        assert!(!matches("a<int>b", "ab"));
        assert!(!matches("a<int>b", "a1b2"));
        assert!(matches(
            "{\"id\":\"<word>\",\"n\":<int>}",
            "{\"id\":\"A_-9\",\"n\":3}"
        ));
        assert!(!matches("{\"id\":\"<word>\"}", "{\"id\":\"\"}"));
        assert!(matches("<html><any>", "<html>\r\n</html>"));
        assert!(matches("", ""));
        assert!(!matches("", "x"));
    }
}
