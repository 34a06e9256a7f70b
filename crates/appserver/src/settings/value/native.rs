//! Settings of the standard library's types.

use std::{collections::BTreeMap, path::PathBuf};

use super::{Kind, Setting};

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl Setting for $type {
            const KIND: Kind = Kind::Integer;
            const NAME: &'static str = "N";

            fn expected() -> String {
                "a whole number, zero or more".to_owned()
            }

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn magnitude(&self) -> Option<u64> {
                u64::try_from(*self).ok()
            }
        }
    )+};
}
integers!(u32, u64, usize);

impl Setting for String {
    fn expected() -> String {
        "a text".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Setting for PathBuf {
    const NAME: &'static str = "PATH";

    fn expected() -> String {
        "a path".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text)).filter(|_| !text.is_empty())
    }
}

impl<T: Setting> Setting for Option<T> {
    const KIND: Kind = T::KIND;
    const SECRET: bool = T::SECRET;
    const HIDDEN: bool = T::HIDDEN;
    const BARE: bool = T::BARE;
    const NAME: &'static str = T::NAME;

    fn expected() -> String {
        T::expected()
    }

    fn parse(text: &str) -> Option<Self> {
        T::parse(text).map(Some)
    }

    fn magnitude(&self) -> Option<u64> {
        self.as_ref().and_then(T::magnitude)
    }
}

impl Setting for BTreeMap<String, String> {
    const KIND: Kind = Kind::Table;
    const HIDDEN: bool = true;
    const NAME: &'static str = "NAME=VALUE";

    fn expected() -> String {
        "a table of names and texts".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.split_once('=')?;
        Some(Self::from([(name.to_owned(), value.to_owned())]))
    }
}
