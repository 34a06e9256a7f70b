//! What revocations are about, and who is asked whether there is one.

/// Sixteen bytes of a SHA-256 over what is denied: enough that nobody finds two names for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark(pub [u8; 16]);

impl Mark {
    /// Of a token, by its `jti`.
    #[must_use]
    pub fn of_token(jti: &str) -> Self {
        Self::of("jti", jti)
    }

    /// Of a session, by its `sid`: all tokens that came out of one login.
    #[must_use]
    pub fn of_session(sid: &str) -> Self {
        Self::of("sid", sid)
    }

    /// Of everything that one subject has.
    #[must_use]
    pub fn of_subject(subject: &str) -> Self {
        Self::of("sub", subject)
    }

    /// Of everything.
    #[must_use]
    pub fn of_everybody() -> Self {
        Self::of("all", "")
    }

    fn of(kind: &str, name: &str) -> Self {
        let text = format!("{kind}:{name}");
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut mark = [0; 16];
        for (to, from) in mark.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self(mark)
    }
}

/// Knows what is revoked. Asked with every request, so it must not wait.
pub trait Denials {
    /// Tokens that bear this mark are denied if their `iat`, in seconds, is less than this.
    fn before(&self, mark: Mark) -> Option<i64>;

    /// Whether what it knows is recent enough to go by.
    fn is_recent(&self) -> bool;
}

/// Knows of no revocation: for those who ask what a token says, and not whether it still counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undenied;

impl Denials for Undenied {
    fn before(&self, _: Mark) -> Option<i64> {
        None
    }

    fn is_recent(&self) -> bool {
        true
    }
}
