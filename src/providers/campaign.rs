//! What a vendor's own answers say of a campaign, before anybody is added to it.
//!
//! A proof is an answer of the documented shape. Everything else proves nothing, and says why.

use super::api::Reply;

/// An answer to one question; or why there is none, as a fragment.
pub type QuestionAnswer = Result<Reply, String>;

/// What is known of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFacts {
    /// Whether it is there.
    pub existence: CampaignExistence,
    /// What its owner should know of it before the first contact, one sentence each, without a full stop.
    pub warnings: Vec<String>,
    /// What its script speaks.
    pub script: CampaignScript,
}

/// Whether a campaign is there. The texts are fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CampaignExistence {
    /// An answer names it.
    Proved(String),
    /// An answer that is whole does not: what is wrong, where to look, what to change.
    Missing(String),
    /// No answer says it; why.
    Unproved(String),
}

/// The variables that a script speaks. The texts are fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CampaignScript {
    /// An answer lists them.
    Known {
        /// Which answer.
        by: String,
        /// As contacts have to name them, in the vendor's order.
        variables: Vec<String>,
    },
    /// No answer does; why.
    Unknown(String),
}

impl CampaignFacts {
    /// Nothing is known, for one reason.
    #[must_use]
    pub fn unknown(why: &str) -> Self {
        Self {
            existence: CampaignExistence::Unproved(why.to_owned()),
            warnings: Vec::new(),
            script: CampaignScript::Unknown(why.to_owned()),
        }
    }

    /// The script's variables; none where nobody told.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        match &self.script {
            CampaignScript::Known { variables, .. } => variables,
            CampaignScript::Unknown(_) => &[],
        }
    }
}
