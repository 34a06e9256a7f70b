//! Claims that the operator adds.

use appserver_issuer::config::ClaimSource;

use crate::auth::Reader;
use crate::settings::Issue;

/// What claims want to know of a user.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Columns of the table.
    pub(super) columns: Vec<String>,
    /// Queries.
    pub(super) queries: Vec<String>,
}

/// What begins a query.
const SQL: &str = "sql:";
/// What begins the name of a column.
const COLUMN: &str = "user.";
/// Types that a column may be of in a claim.
const TYPES: [&str; 3] = ["bool", "int", "json"];
/// What the server itself writes into tokens.
const OWN: [&str; 12] = [
    "aud",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "refresh_exp",
    "sid",
    "sub",
    "token_type",
    "user_id",
    "hash_password",
];

impl Reader<'_> {
    /// The claims, and what they are made of.
    pub(super) fn claims(&mut self, issue: &Issue) -> (Vec<(String, ClaimSource)>, Wanted) {
        let mut wanted = Wanted::default();
        let mut claims = Vec::new();
        for (name, text) in issue.claims.iter() {
            let key = format!("claims.{name}");
            if OWN.contains(&name.as_str()) {
                self.wrong(&key, "the server itself says this in every token");
            }
            let source = match text.strip_prefix(SQL) {
                Some(query) => {
                    if !query.contains("$1") {
                        self.wrong(&key, "expected $1 in the query, where the user's id stands");
                    }
                    wanted.queries.push(query.trim().to_owned());
                    ClaimSource::Query(wanted.queries.len() - 1)
                }
                None => {
                    self.template(&key, text, &mut wanted.columns);
                    ClaimSource::Template(text.clone())
                }
            };
            claims.push((name.clone(), source));
        }
        (claims, wanted)
    }

    /// Notes the columns of a template.
    fn template(&mut self, key: &str, text: &str, columns: &mut Vec<String>) {
        let Some(parts) = parts(text) else {
            self.wrong(key, "expected a text in which `{user.COLUMN}` stands for a column");
            return;
        };
        for (column, kind) in &parts {
            let is_whole =
                text.len() == column.len() + COLUMN.len() + kind.map_or(2, |it| it.len() + 3);
            let problem = match kind {
                Some(kind) if !TYPES.contains(kind) => {
                    format!("found the type \"{kind}\", expected one of {}", TYPES.join(", "))
                }
                Some(_) if !is_whole => "a column with a type has to stand alone".to_owned(),
                _ => {
                    if !columns.iter().any(|known| known == column) {
                        columns.push((*column).to_owned());
                    }
                    continue;
                }
            };
            self.wrong(key, problem);
        }
    }
}

/// The columns of a template, with their types; `None` where it cannot be read.
fn parts(text: &str) -> Option<Vec<(&str, Option<&str>)>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, further) = after.split_once('}')?;
        let named = inside.strip_prefix(COLUMN)?;
        let (column, kind) =
            named.split_once(':').map_or((named, None), |(column, kind)| (column, Some(kind)));
        if column.is_empty() || before.contains('}') || inside.contains('{') {
            return None;
        }
        parts.push((column, kind));
        rest = further;
    }
    (!rest.contains('}')).then_some(parts)
}
