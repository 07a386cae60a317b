//! What a vendor's own answers say of a campaign, before anybody is added to it.
//!
//! A proof is an answer of the documented shape. Everything else proves nothing, and says why.

use super::api::Reply;

/// An answer to one question; or why there is none, as a fragment.
pub type Answer = Result<Reply, String>;

/// What is known of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFacts {
    /// Whether it is there.
    pub standing: Standing,
    /// What its owner should know of it before the first contact, one sentence each, without a full stop.
    pub warnings: Vec<String>,
    /// What its script speaks.
    pub script: Script,
}

/// Whether a campaign is there. The texts are fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// An answer names it.
    Proved(String),
    /// An answer that is whole does not: what is wrong, where to look, what to change.
    Missing(String),
    /// No answer says it; why.
    Unproved(String),
}

/// The variables that a script speaks. The texts are fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Script {
    /// An answer lists them.
    Told {
        /// Which answer.
        by: String,
        /// As contacts have to name them, in the vendor's order.
        variables: Vec<String>,
    },
    /// No answer does; why.
    Untold(String),
}

impl CampaignFacts {
    /// Nothing is known, for one reason.
    #[must_use]
    pub fn unknown(why: &str) -> Self {
        Self {
            standing: Standing::Unproved(why.to_owned()),
            warnings: Vec::new(),
            script: Script::Untold(why.to_owned()),
        }
    }

    /// The script's variables; none where nobody told.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        match &self.script {
            Script::Told { variables, .. } => variables,
            Script::Untold(_) => &[],
        }
    }
}
