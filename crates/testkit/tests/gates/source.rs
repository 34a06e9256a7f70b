//! Rust source, as far as the rules need to understand it: which words are code, which lines are
//! production, where functions begin and end. Relies on rustfmt's layout.

/// A function and its size.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// Of its first line, from 1.
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// The source without comments and without what is in strings.
pub(super) fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest.get(1..).and_then(|tail| tail.find('\'')).map_or(1, |end| end + 2)
        } else if next == '"' || rest.starts_with("r#") || rest.starts_with("r\"") {
            string_length(rest).unwrap_or(0)
        } else {
            0
        };
        if skipped == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        } else {
            let newlines = rest[..skipped].matches('\n').count();
            code.push_str(&"\n".repeat(newlines));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the string that begins here, if one does.
fn string_length(source: &str) -> Option<usize> {
    if let Some(raw) = source.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw.get(hashes..)?.strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(1 + hashes + 1 + body.find(&end)? + end.len());
    }
    let mut escaped = false;
    for (index, character) in source.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// Whether this identifier stands in the code, by itself.
pub(super) fn lines_with_word(code: &str, word: &str) -> Vec<usize> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let has = |line: &str| line.split(|character| !is_part(character)).any(|part| part == word);
    let lines = code.lines().enumerate().filter(|(_, line)| has(line));
    lines.map(|(index, _)| index + 1).collect()
}

/// How many lines there are outside of test modules.
pub(super) fn production_lines(source: &str) -> usize {
    let mut count = 0;
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            count += 1;
            continue;
        }
        let end = format!("{}}}", indent(line));
        let opens = lines.next().is_some_and(|module| module.ends_with('{'));
        if opens {
            lines.find(|line| *line == end);
        }
    }
    count
}

/// Every function with a body of more than one line.
pub(super) fn functions(code: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let end = format!("{}}}", indent(line));
        let length = lines[index..].iter().position(|line| {
            *line == end || (line.starts_with(&end) && line.trim_start().starts_with("})"))
        });
        if let Some(length) = length.filter(|_| !ends_at_once(&lines[index..])) {
            found.push(Function { name, line: index + 1, lines: length + 1 });
        }
    }
    found
}

/// Whether there is no body, or one on a single line.
fn ends_at_once(lines: &[&str]) -> bool {
    let last = lines
        .iter()
        .map(|line| line.trim_end())
        .find(|line| line.ends_with('{') || line.ends_with(';') || line.ends_with('}'));
    last.is_none_or(|line| !line.ends_with('{'))
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let modifiers = ["pub", "const", "async", "unsafe", "extern", "pub(crate)", "pub(super)"];
    let is_item = before.split_ascii_whitespace().all(|word| modifiers.contains(&word));
    let name = after.split(['(', '<']).next()?;
    (is_item && !name.is_empty()).then_some(name)
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

#[test]
fn comments_and_strings_are_not_code() {
    let source = "a(\"b // c\"); // d\ne('\"', r#\"f \" g\"#, \"\\\"h\");\n";
    assert_eq!(code(source), "a(); \ne(, , );\n");
}

#[test]
fn words_are_whole() {
    assert_eq!(lines_with_word("unsafe_code\nunsafe {\nan unsafe\n", "unsafe"), [2, 3]);
}

#[test]
fn test_modules_do_not_count() {
    let source = "a\n#[cfg(test)]\nmod tests {\n    b\n}\nc\n#[cfg(test)]\nmod more;\nd\n";
    assert_eq!(production_lines(source), 3);
}

#[test]
fn functions_are_measured_with_their_signature() {
    let source = "fn a() {}\nimpl B {\n    pub(crate) async fn c(\n        d: E,\n    ) {\n        f;\n    }\n}\ntrait G {\n    fn h(&self);\n}\nfn i() {\n    j\n}\n";
    let found = functions(source);
    let sizes: Vec<(&str, usize)> = found.iter().map(|one| (one.name, one.lines)).collect();
    assert_eq!(sizes, [("c", 5), ("i", 3)]);
}
