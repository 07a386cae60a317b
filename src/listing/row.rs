//! What a row of a list comes to.

use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;

/// How a row counts that names nobody for the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// No configuration could call this number, or somebody wanted the row left out.
    OverOnPurpose,
    /// The source deleted somebody of whom it does not say the number.
    OverWithoutNumber,
}

/// Judges a row whose number nobody can say. `place` is where it stands.
///
/// # Errors
/// When it may be the number of somebody who must not be called.
pub(super) fn judge(place: impl FnOnce() -> String, is_listed: bool, why: &Outcome) -> Result<Passed, Error> {
    match why.reason() {
        Some(Reason::TypeNotAllowed) => Ok(Passed::OverOnPurpose),
        Some(Reason::OnlyWhen) if is_listed => Ok(Passed::OverOnPurpose),
        _ if !is_listed => Ok(Passed::OverWithoutNumber),
        reason => {
            let (code, meaning, remedy) =
                reason.map_or(("", "", ""), |reason| (reason.code(), reason.meaning(), reason.remedy()));
            let detail = why.detail().map(|detail| format!(" {detail}.")).unwrap_or_default();
            let why = format!("cannot be read ({code}): {meaning}{detail} {remedy}");
            Err(Error::ListRow { at: place(), why })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_may_be_somebody_on_the_list_fails_the_load() {
        let invalid = |reason| Outcome::Invalid(reason, None);
        let suppressed = |reason| Outcome::Suppressed(reason, None);
        for (name, is_listed, outcome, want) in [
            ("a blank number", true, invalid(Reason::Missing), None),
            ("a short one", true, invalid(Reason::TooShort), None),
            ("two of them", true, invalid(Reason::MultipleNumbers), None),
            ("nobody knows whether", true, suppressed(Reason::ConditionUnknown), None),
            ("not wanted", true, suppressed(Reason::OnlyWhen), Some(Passed::OverOnPurpose)),
            ("a toll-free line", true, invalid(Reason::TypeNotAllowed), Some(Passed::OverOnPurpose)),
            ("deleted, nameless", false, invalid(Reason::Missing), Some(Passed::OverWithoutNumber)),
        ] {
            let judged = judge(|| "row 7".to_owned(), is_listed, &outcome);
            assert_eq!(judged.as_ref().ok(), want.as_ref(), "{name}");
            if let Err(error) = judged {
                let told = error.to_string();
                assert!(told.contains("row 7") && told.contains("cannot be read"), "{name}: {told}");
            }
        }
    }
}
