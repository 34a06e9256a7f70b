//! The name of an application, as a user types it.

use std::fmt;
use std::str::FromStr;

use super::LoadError;

/// `module`, `module:attribute` or `module:factory(arguments)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    module: Box<str>,
    expression: Option<Box<str>>,
}

impl Target {
    /// The dotted name of the module.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// What to look up in it; `None` for the usual names.
    pub fn expression(&self) -> Option<&str> {
        self.expression.as_deref()
    }
}

impl FromStr for Target {
    type Err = LoadError;

    fn from_str(text: &str) -> Result<Self, LoadError> {
        let (module, expression) = match text.split_once(':') {
            Some((module, expression)) => (module, Some(expression.trim())),
            None => (text, None),
        };
        if !is_dotted_name(module) || expression.is_some_and(str::is_empty) {
            return Err(LoadError::new(format!("`{text}` does not name an application"))
                .with_hint(Some(suggestion(module))));
        }
        Ok(Self { module: module.into(), expression: expression.map(Into::into) })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.module)?;
        self.expression.as_ref().map_or(Ok(()), |expression| write!(f, ":{expression}"))
    }
}

/// People type the file's name.
fn suggestion(module: &str) -> String {
    let name = module.strip_suffix(".py").unwrap_or(module).trim_start_matches("./");
    let name = name.replace('/', ".");
    if name != module && is_dotted_name(&name) {
        format!("modules are named without slashes and `.py`: `{name}`")
    } else {
        "name it `module:attribute`, for example `mysite.wsgi:application`".to_owned()
    }
}

fn is_dotted_name(text: &str) -> bool {
    let is_name = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|other| other.is_alphanumeric() || other == '_')
    };
    text.split('.').all(is_name) && !text.ends_with(".py")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_with_and_without_attributes() {
        let target: Target = "mysite.wsgi:application".parse().unwrap();
        assert_eq!(target.module(), "mysite.wsgi");
        assert_eq!(target.expression(), Some("application"));
        let factory: Target = "app:create_app(':memory:')".parse().unwrap();
        assert_eq!(factory.expression(), Some("create_app(':memory:')"));
        assert_eq!("app".parse::<Target>().unwrap().expression(), None);
        assert_eq!(factory.to_string(), "app:create_app(':memory:')");
    }

    #[test]
    fn file_names_are_answered_with_module_names() {
        let hint = |text: &str| text.parse::<Target>().unwrap_err().hint.unwrap();
        assert!(hint("./mysite/wsgi.py").contains("`mysite.wsgi`"));
        assert!(hint("app.py:app").contains("`app`"));
        for wrong in ["", ":app", "app:", "a..b", "a b", "1a"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
