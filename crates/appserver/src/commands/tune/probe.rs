//! Is each page what it should be? Asked before the load: tuning error pages is worthless.

use std::time::Duration;

use http::StatusCode;
use http::uri::PathAndQuery;
use tokio::time::timeout;

use super::load::{Answer, Tally, Target, ask_once};
use crate::failure::{Failure, FailureKind};

/// How long one answer may take, without any load. More is no page of a website.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many answers of another kind may be chance: an app that is replaced, a cache that is filled.
const CHANCE: u64 = 3;

/// Asks for each page once. Returns where those lead that redirect.
///
/// # Errors
/// A page is not there, or not for us. The text says what to do.
pub(super) async fn probe(
    target: &Target,
    urls: &[PathAndQuery],
) -> Result<Vec<Redirect>, Failure> {
    let mut redirects = Vec::new();
    for (number, url) in urls.iter().enumerate() {
        let asked = timeout(PATIENCE, ask_once(target, number)).await;
        let Answer { status, location } = match asked {
            Ok(Ok(answer)) => answer,
            Ok(Err(trouble)) => {
                let text = format!("{url} gets no answer: {trouble}");
                return Err(Failure::new(FailureKind::Failed, text));
            }
            Err(_) => {
                let text = format!("{url} gets no answer within {} s", PATIENCE.as_secs());
                return Err(Failure::new(FailureKind::Failed, text));
            }
        };
        if status.is_redirection() {
            redirects.push(Redirect { url: url.to_string(), status, location });
        } else if !status.is_success() {
            return Err(explain(&format!("{url} is answered with"), status));
        }
    }
    Ok(redirects)
}

/// Whether a load got what it asked for. Failures of the server are figures of a combination; what it
/// refuses is a mistake of the question.
///
/// # Errors
/// More than chance was refused.
pub(super) fn verify(tally: &Tally) -> Result<(), Failure> {
    let refused = tally.count(|status| (400..500).contains(&status));
    if refused <= CHANCE.max(tally.answers() / 100) {
        return Ok(());
    }
    let most = tally.statuses.iter().filter(|(status, _)| (400..500).contains(*status));
    let status = most.max_by_key(|(_, count)| **count).map_or(400, |(status, _)| *status);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let what =
        format!("under load, {refused} of {} requests are refused, mostly with", tally.answers());
    Err(explain(&what, status))
}

/// A page that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    url: String,
    status: StatusCode,
    location: Option<String>,
}

impl Redirect {
    /// What the operator should know of it.
    pub(super) fn note(&self) -> String {
        let Self { url, status, location } = self;
        let to = location.as_deref().unwrap_or("nowhere");
        let hint = match to.starts_with("https://") {
            true => "; --header 'X-Forwarded-Proto: https' says that a proxy has done that already",
            false => "",
        };
        format!("{url} redirects to {to} ({}); that is what is measured{hint}", status.as_u16())
    }
}

fn explain(what: &str, status: StatusCode) -> Failure {
    let failure = Failure::new(FailureKind::Failed, format!("{what} {status}"));
    failure.hint(match status.as_u16() {
        400 => {
            "a Django project refuses a Host that is not in its ALLOWED_HOSTS: name one of them with --host"
        }
        401 | 403 => {
            "the page wants to know who asks: put `Authorization: Bearer TOKEN`, or a cookie, into a file and name it with --header-file"
        }
        404 | 410 => "name a page of the app with --url",
        405 => "only GET is ever sent: name a page that can be read with --url",
        429 => "the app limits how often it is asked: switch that off for as long as this takes",
        503 => "the server or the app is asked more than it allows: look at `limit_concurrency`",
        500.. => "the page fails: what the server said is above, or try it with `run`",
        _ => "name another page with --url",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(answers: &[(u16, u64)]) -> Tally {
        Tally { statuses: answers.iter().copied().collect(), ..Tally::default() }
    }

    #[test]
    fn a_few_refusals_are_chance() {
        for (answers, is_right) in [
            (&[(200, 10)][..], true),
            (&[(200, 10), (404, 3)], true),
            (&[(200, 10), (404, 4)], false),
            (&[(200, 10_000), (404, 100)], true),
            (&[(200, 1000), (429, 100)], false),
            (&[(500, 100)], true),
        ] {
            assert_eq!(verify(&tally(answers)).is_ok(), is_right, "{answers:?}");
        }
    }

    #[test]
    fn what_to_do_is_said() {
        let failure = verify(&tally(&[(200, 5), (404, 4), (429, 90)])).unwrap_err();
        assert!(
            failure
                .message
                .starts_with("under load, 94 of 99 requests are refused, mostly with 429")
        );
        let hint = |status: u16| explain("", StatusCode::from_u16(status).unwrap()).hint.unwrap();
        for (status, word) in
            [(400, "--host"), (401, "--header-file"), (404, "--url"), (405, "GET"), (500, "run")]
        {
            assert!(hint(status).contains(word), "{status}: {}", hint(status));
        }
    }

    #[test]
    fn a_redirect_is_told() {
        let redirect = |location: &str| {
            let location = Some(location.to_owned());
            Redirect { url: "/a".to_owned(), status: StatusCode::FOUND, location }.note()
        };
        assert_eq!(redirect("/login"), "/a redirects to /login (302); that is what is measured");
        assert!(redirect("https://shop.example/a").contains("X-Forwarded-Proto"));
    }
}
