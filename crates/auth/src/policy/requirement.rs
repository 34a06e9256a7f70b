//! Whose token is needed, with numbers in place of names.
//!
//! What a token is worth is somebody else's business: he who asks says what came of each provider.

use crate::Reason;
use crate::config::{Presence, Requirement};

/// The most providers of a configuration.
pub const MOST_PROVIDERS: usize = 32;

/// Providers, by their numbers in the order of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProviderSet(u64);

impl ProviderSet {
    /// With one more. Numbers from [`MOST_PROVIDERS`] on are none.
    pub(crate) fn with(self, provider: usize) -> Self {
        let bit = u32::try_from(provider).ok().and_then(|number| 1_u64.checked_shl(number));
        Self(self.0 | bit.unwrap_or(0))
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn contains(self, provider: usize) -> bool {
        let bit = u32::try_from(provider).ok().and_then(|number| 1_u64.checked_shl(number));
        bit.is_some_and(|bit| self.0 & bit != 0)
    }

    pub(crate) fn is_disjoint(self, other: Self) -> bool {
        self.0 & other.0 == 0
    }
}

/// What came of the tokens that are there for one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is none.
    Absent,
    /// It is verified.
    Valid,
    /// A check has failed.
    Invalid {
        /// Which.
        reason: Reason,
        /// How much that tells of the token: of several failures the highest is answered. See
        /// [`rank`].
        rank: u8,
    },
}

/// How far a token has come that fails this check. Another issuer's token says least. One that
/// nobody has the keys for may well be good, whatever those say who are not meant.
pub(crate) fn rank(reason: Reason) -> u8 {
    let place = |reason: Reason| 2 * (1 + reason as u8);
    match reason {
        Reason::Issuer => 0,
        Reason::NoKeys => place(Reason::Signature) + 1,
        other => place(other),
    }
}

/// The providers whose tokens have let a request pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Whose token says who the request is from; `None` passes as nobody.
    pub(crate) identity: Option<usize>,
    /// The others that were needed as well.
    pub(crate) others: Vec<usize>,
}

/// Why a requirement does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// [`Reason::Missing`] where a token is missing.
    pub(crate) reason: Reason,
    /// Whose check failed, or whose token is missing, where that is one.
    pub(crate) provider: Option<usize>,
    rank: u8,
}

impl Failed {
    const MISSING: Self = Self { reason: Reason::Missing, provider: None, rank: 0 };
}

/// Whose token is needed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// Nobody's: tokens are not looked at.
    Nobody,
    Provider(usize),
    All(Box<[Self]>),
    Any(Box<[Self]>),
    /// There is no token in any place that the rule looks in.
    Missing,
}

impl Needed {
    /// From a requirement whose names were checked; unknown ones hold for nobody.
    pub(crate) fn new(requirement: &Requirement, names: &[&str]) -> Self {
        let each =
            |parts: &[Requirement]| parts.iter().map(|part| Self::new(part, names)).collect();
        match requirement {
            Requirement::None => Self::Nobody,
            Requirement::Optional => Self::presence(Presence::Optional, names.len()),
            Requirement::Required => Self::presence(Presence::Required, names.len()),
            Requirement::Provider(name) => {
                let number = names.iter().position(|known| known == name);
                number.map_or_else(|| Self::Any(Box::default()), Self::Provider)
            }
            Requirement::All(parts) => Self::All(each(parts)),
            Requirement::Any(parts) => Self::Any(each(parts)),
            Requirement::Missing => Self::Missing,
        }
    }

    /// The same for any of so many providers.
    pub(crate) fn presence(presence: Presence, providers: usize) -> Self {
        let anybody = (0..providers).map(Self::Provider);
        match presence {
            Presence::None => Self::Nobody,
            Presence::Optional => Self::Any(anybody.chain([Self::Missing]).collect()),
            Presence::Required => Self::Any(anybody.collect()),
        }
    }

    /// The providers that it names.
    pub(crate) fn providers(&self) -> ProviderSet {
        match self {
            Self::Nobody | Self::Missing => ProviderSet::default(),
            Self::Provider(number) => ProviderSet::default().with(*number),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().fold(ProviderSet::default(), |set, part| set.union(part.providers()))
            }
        }
    }

    /// Whether several tokens can be needed at once.
    pub(crate) fn wants_several(&self) -> bool {
        match self {
            Self::Nobody | Self::Missing | Self::Provider(_) => false,
            Self::All(_) => true,
            Self::Any(parts) => parts.iter().any(Self::wants_several),
        }
    }

    /// Whether it holds. `has_token` says whether there is any token in any place that any of
    /// [`Self::providers`] looks in, be it worth something or not: with one, nothing is missing.
    /// Providers are asked in order, and none that does not matter.
    ///
    /// # Errors
    /// It does not: the failure that tells most.
    pub(crate) fn evaluate(
        &self,
        has_token: bool,
        outcome: &mut dyn FnMut(usize) -> Outcome,
    ) -> Result<Passed, Failed> {
        match self {
            Self::Missing if has_token => Err(Failed::MISSING),
            Self::Missing | Self::Nobody => Ok(Passed::default()),
            Self::Provider(number) => match outcome(*number) {
                Outcome::Valid => Ok(Passed { identity: Some(*number), others: Vec::new() }),
                Outcome::Absent => Err(Failed { provider: Some(*number), ..Failed::MISSING }),
                Outcome::Invalid { reason, rank } => {
                    Err(Failed { reason, provider: Some(*number), rank: rank.saturating_add(1) })
                }
            },
            Self::All(parts) => all(parts, has_token, outcome),
            Self::Any(parts) => any(parts, has_token, outcome),
        }
    }
}

fn all(
    parts: &[Needed],
    has_token: bool,
    outcome: &mut dyn FnMut(usize) -> Outcome,
) -> Result<Passed, Failed> {
    let mut passed = Passed::default();
    for part in parts {
        let more = part.evaluate(has_token, outcome)?;
        for provider in more.identity.into_iter().chain(more.others) {
            match passed.identity {
                None => passed.identity = Some(provider),
                Some(first) if first == provider || passed.others.contains(&provider) => {}
                Some(_) => passed.others.push(provider),
            }
        }
    }
    Ok(passed)
}

fn any(
    parts: &[Needed],
    has_token: bool,
    outcome: &mut dyn FnMut(usize) -> Outcome,
) -> Result<Passed, Failed> {
    let mut most_telling: Option<Failed> = None;
    for part in parts {
        let failed = match part.evaluate(has_token, outcome) {
            Ok(passed) => return Ok(passed),
            Err(failed) => failed,
        };
        most_telling = match most_telling {
            None => Some(failed),
            Some(other) if other.rank < failed.rank => Some(failed),
            // Several could have let it pass: the missing token is none's in particular.
            Some(other) if other.rank == 0 => Some(Failed::MISSING),
            Some(other) => Some(other),
        };
    }
    Err(most_telling.unwrap_or(Failed::MISSING))
}
