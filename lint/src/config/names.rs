//! Texts of the configuration that have to be names of something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lang::Chosen;
use crate::rules::RULES;

/// The name of a rule that exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleName(pub String);

/// A build tag that can be chosen: `integration`, `!integration`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tag(pub String);

/// A condition that can be chosen: `feature = "x"`, `not(name)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cfg(pub String);

impl<'de> Deserialize<'de> for RuleName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = names();
        if known.contains(&&*name) {
            return Ok(RuleName(name));
        }
        let list = known.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        Err(serde::de::Error::custom(format!("unknown rule `{name}`, expected one of {list}")))
    }
}

impl JsonSchema for RuleName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RuleName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": names() })
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Chosen::default().tag(&text).map_err(serde::de::Error::custom)?;
        Ok(Tag(text))
    }
}

impl<'de> Deserialize<'de> for Cfg {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Chosen::default().cfg(&text).map_err(serde::de::Error::custom)?;
        Ok(Cfg(text))
    }
}

impl JsonSchema for Tag {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tag".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^!?[\\p{L}\\p{N}_.]+$" })
    }
}

impl JsonSchema for Cfg {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cfg".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = r#"[\p{L}_][\p{L}\p{N}_]*( *= *"[^"]*")?"#;
        schemars::json_schema!({ "type": "string", "pattern": format!("^({one}|not\\( *{one} *\\))$") })
    }
}

fn names() -> Vec<&'static str> {
    let notices = crate::suppress::NOTICES.iter().map(|it| it.0);
    RULES.iter().map(|it| it.name).chain(notices).collect()
}
