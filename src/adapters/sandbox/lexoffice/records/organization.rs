//! An organisation that is to be, with its keys.

use super::super::ids::Id;
use super::super::world::{ApiKey, Condition, Organization, TaxType, World};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewOrganization {
    pub(in super::super) name: String,
    /// API keys; with none it can't be asked.
    #[serde(default)]
    pub(in super::super) keys: Vec<String>,
    /// First path segments that the keys' scopes do not cover, such as `dunnings`.
    #[serde(default)]
    pub(in super::super) without: Vec<String>,
    #[serde(default)]
    pub(in super::super) tax_type: TaxType,
    #[serde(default)]
    pub(in super::super) small_business: bool,
    #[serde(default = "yes")]
    pub(in super::super) contract: bool,
    /// Whether its documents say whom they are from.
    #[serde(default = "yes")]
    pub(in super::super) letterhead: bool,
    /// Payment conditions in place of the usual three: days and text.
    #[serde(default)]
    pub(in super::super) conditions: Vec<NewCondition>,
    /// Names of print layouts; the first is the default.
    #[serde(default)]
    pub(in super::super) layouts: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewCondition {
    days: u32,
    label: String,
    #[serde(default)]
    default: bool,
}

fn yes() -> bool {
    true
}

impl NewOrganization {
    pub(in super::super) fn generated(name: &str, key: &str) -> Self {
        Self {
            name: name.to_owned(),
            keys: vec![key.to_owned()],
            without: Vec::new(),
            tax_type: TaxType::Net,
            small_business: false,
            contract: true,
            letterhead: true,
            conditions: Vec::new(),
            layouts: Vec::new(),
        }
    }

    pub(in super::super) fn create(&self, world: &mut World, now: i64) -> Result<(), String> {
        if let Some(known) = self.keys.iter().find(|text| world.keys.iter().any(|key| key.text == **text)) {
            return Err(format!("the key `{known}` is another organisation's too"));
        }
        let mut organization = Organization::new(self.name.clone(), now, &mut world.dice);
        organization.tax_type = self.tax_type;
        organization.small_business = self.small_business;
        organization.contract = self.contract;
        organization.letterhead = self.letterhead;
        if !self.conditions.is_empty() {
            let conditions = self.conditions.iter().map(|new| Condition {
                id: Id::new(&mut world.dice),
                label: new.label.clone(),
                days: new.days,
                discount: None,
                default: new.default,
            });
            organization.conditions = conditions.collect();
        }
        if !self.layouts.is_empty() {
            organization.layouts = self.layouts.iter().map(|name| (Id::new(&mut world.dice), name.clone())).collect();
        }
        for text in &self.keys {
            let connection = Id::new(&mut world.dice);
            let (organization, without) = (world.organizations.len(), self.without.clone());
            world.keys.push(ApiKey { text: text.clone(), organization, connection, revoked: false, without });
        }
        world.organizations.push(organization);
        Ok(())
    }
}
