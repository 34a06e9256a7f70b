//! The declaration of settings: one place per setting.
//!
//! [`areas!`] turns each declaration into a field of a struct, its default and a [`Field`]. Layers,
//! checks, flags, `config show` and the reference page are all made from the fields, so none of
//! them names a setting. Tables that there may be several of, by names of the operator's or one
//! after the other, are declared the same way: once for all of them.

use figment::value::Value;

use super::{
    key::{join, split},
    load::found,
    value::{Kind, Setting},
};

/// The least and the greatest value, as texts.
pub type Range = Option<(&'static str, &'static str)>;

/// What is known of one setting besides its value.
pub struct Field {
    /// The key inside its table.
    pub name: &'static str,
    /// What it does, for the operator.
    pub doc: &'static str,
    /// How texts become its value.
    pub kind: Kind,
    /// The words that it takes, where it takes only words.
    pub words: &'static [&'static str],
    /// What stands for its value in the description of its flag.
    pub value_name: &'static str,
    /// Whether its value must never be repeated, nor be given on the command line.
    pub secret: bool,
    /// Whether `config show` keeps its value to itself.
    pub hidden: bool,
    /// Whether its flag may stand without a value.
    pub bare: bool,
    /// What a right value looks like.
    pub expected: fn() -> String,
    /// The least and the greatest right value.
    pub range: Range,
    /// The letter of its flag.
    pub short: Option<char>,
    /// The name of its flag, where that is not the key with hyphens.
    pub flag: Option<&'static str>,
    /// What Gunicorn calls it, where that is not the key.
    pub gunicorn: Option<&'static str>,
    /// What stands on the reference page where there is no fixed default.
    pub unset: Option<&'static str>,
    /// Whether a value is right.
    pub(crate) verify: fn(&Value, Range) -> Option<Box<figment::Error>>,
    /// A value in the shape that its type prints.
    pub(crate) canonical: fn(&Value) -> Option<serde_json::Value>,
}

/// A table of settings: one area, one struct, one `[table]` of the file.
pub struct Table {
    /// The key of the table; empty for the top of the file.
    pub name: &'static str,
    /// What the area is about.
    pub doc: &'static str,
    /// Its settings.
    pub fields: &'static [Field],
    /// The tables inside it.
    pub tables: &'static [&'static Self],
    /// The tables inside it that there may be several of.
    pub collections: &'static [Collection],
    /// The values that hold where nothing is set.
    pub(crate) defaults: fn() -> serde_json::Value,
}

/// Tables of one kind.
pub struct Collection {
    /// How they are told apart.
    pub order: Order,
    /// What each is like.
    pub table: &'static Table,
}

/// How tables of one kind are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By names that the operator gives.
    Named,
    /// By their order.
    Listed,
}

impl Table {
    /// Calls `visit` with each field below this table and its full key, in the order of the
    /// declaration.
    pub fn walk(&'static self, prefix: &str, visit: &mut dyn FnMut(String, &'static Field)) {
        for field in self.fields {
            visit(join(prefix, field.name), field);
        }
        for table in self.tables {
            table.walk(&join(prefix, table.name), visit);
        }
    }

    /// The setting of a full key, also inside tables that the operator names.
    #[must_use]
    pub fn find(&'static self, key: &str) -> Option<&'static Field> {
        let (first, rest) = split(key);
        let Some(rest) = rest else {
            return self.fields.iter().find(|field| field.name == first);
        };
        if let Some(inner) = self.tables.iter().find(|inner| inner.name == first) {
            return inner.find(rest);
        }
        let named = |each: &&Collection| each.table.name == first && each.order == Order::Named;
        let (_, rest) = split(rest);
        self.collections.iter().find(named)?.table.find(rest?)
    }

    /// All fields below this table with their full keys, except for those of tables that there may
    /// be several of.
    #[must_use]
    pub fn all(&'static self) -> Vec<(String, &'static Field)> {
        let mut all = Vec::new();
        self.walk("", &mut |key, field| all.push((key, field)));
        all
    }
}

/// What is wrong with a value: its type, or that it lies outside its range.
pub(crate) fn verify<T: Setting>(value: &Value, range: Range) -> Option<Box<figment::Error>> {
    let magnitude = match value.deserialize::<T>() {
        Ok(right) => right.magnitude()?,
        Err(error) => return Some(Box::new(error)),
    };
    let (least, greatest) = range?;
    let bound = |text| T::parse(text).and_then(|bound| bound.magnitude());
    let inside = bound(least).is_none_or(|least| least <= magnitude)
        && bound(greatest).is_none_or(|greatest| magnitude <= greatest);
    let problem = || format!("found {}, expected {least} to {greatest}", found(&value.to_actual()));
    (!inside).then(|| Box::new(problem().into()))
}

/// Declares the settings of areas. Each setting reads
/// `/// doc` `name: Type = default, in "least"..="greatest", short 'x', flag "name",
/// gunicorn "name", unset "text";` where all after the default is optional. After them come the
/// tables inside: `tables { .. }` once each, `named { .. }` by names of the operator's, `listed { .. }`
/// one after the other.
macro_rules! areas {
    ($(
        $(#[doc = $area_doc:literal])+
        pub struct $area:ident in $table:literal {
            $(
                $(#[doc = $doc:literal])+
                $name:ident: $type:ty = $default:expr
                $(, in $least:literal ..= $greatest:literal)?
                $(, short $short:literal)?
                $(, flag $flag:literal)?
                $(, gunicorn $gunicorn:literal)?
                $(, unset $unset:literal)?;
            )*
            $(tables { $($inner:ident: $inner_type:ident,)+ })?
            $(named { $($map:ident: $map_type:ident,)+ })?
            $(listed { $($list:ident: $list_type:ident,)+ })?
        }
    )+) => {$(
        $(#[doc = $area_doc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $area {
            $($(#[doc = $doc])+ pub $name: $type,)*
            $($(#[doc = "The settings of this table."] pub $inner: $inner_type,)+)?
            $($(
                #[doc = "The settings of each of these tables, by its name."]
                pub $map: std::collections::BTreeMap<String, $map_type>,
            )+)?
            $($(#[doc = "The settings of each of these tables."] pub $list: Vec<$list_type>,)+)?
        }

        impl Default for $area {
            fn default() -> Self {
                Self {
                    $($name: $default,)*
                    $($($inner: $inner_type::default(),)+)?
                    $($($map: std::collections::BTreeMap::new(),)+)?
                    $($($list: Vec::new(),)+)?
                }
            }
        }

        impl $area {
            /// The declaration of these settings.
            pub const TABLE: $crate::settings::table::Table = $crate::settings::table::Table {
                name: $table,
                doc: concat!($($area_doc, "\n"),+),
                fields: &[$($crate::settings::table::Field {
                    name: stringify!($name),
                    doc: concat!($($doc, "\n"),+),
                    kind: <$type as $crate::settings::value::Setting>::KIND,
                    words: <$type as $crate::settings::value::Setting>::WORDS,
                    value_name: <$type as $crate::settings::value::Setting>::NAME,
                    secret: <$type as $crate::settings::value::Setting>::SECRET,
                    hidden: <$type as $crate::settings::value::Setting>::HIDDEN,
                    bare: <$type as $crate::settings::value::Setting>::BARE,
                    expected: <$type as $crate::settings::value::Setting>::expected,
                    range: $crate::settings::table::optional!($(($least, $greatest))?),
                    short: $crate::settings::table::optional!($($short)?),
                    flag: $crate::settings::table::optional!($($flag)?),
                    gunicorn: $crate::settings::table::optional!($($gunicorn)?),
                    unset: $crate::settings::table::optional!($($unset)?),
                    verify: $crate::settings::table::verify::<$type>,
                    canonical: $crate::settings::show::canonical::<$type>,
                },)*],
                tables: &[$($(&$inner_type::TABLE,)+)?],
                collections: &[
                    $($($crate::settings::table::Collection {
                        order: $crate::settings::table::Order::Named,
                        table: &$map_type::TABLE,
                    },)+)?
                    $($($crate::settings::table::Collection {
                        order: $crate::settings::table::Order::Listed,
                        table: &$list_type::TABLE,
                    },)+)?
                ],
                defaults: || serde_json::to_value(Self::default()).unwrap_or_default(),
            };
        }
    )+};
}
pub(crate) use areas;

macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}
pub(crate) use optional;
