//! Why a record ended as it did: one stable code each, with its meaning and its remedy.
//!
//! The codes are part of the interface (logs, rejected records, dashboards): they are never renamed.
//! `docs/outcomes.md` is held against this table by a test.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $remedy:literal;)+) => {
        /// The reason of an outcome.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[doc = $doc])+ $variant,)+ }

        impl Reason {
            /// Every reason, in the order of the docs.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable `snake_case` code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What happened, one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),+ }
            }
        }
    };
}

reasons! {
    /// There is no phone number: the column is absent, null, blank, or says so ("N/A").
    Missing = "missing", "Map `phone_number` to the right column, or fill it in the warehouse.";
    /// The phone number is a truth value, a list or an object.
    WrongType = "wrong_type", "Map a column that holds one number as text or as an integer.";
    /// A spreadsheet wrote the number in scientific form and cut off its digits.
    PrecisionLost = "precision_lost", "Load the column as text; the digits cannot be recovered.";
    /// The value is a fraction or otherwise no phone number.
    NotANumber = "not_a_number", "Check which column is mapped to `phone_number`.";
    /// The number has an extension, which an automatic call cannot dial.
    HasExtension = "has_extension", "Store the extension elsewhere, or set `phone.extension` to `drop`.";
    /// The value holds several numbers.
    MultipleNumbers = "multiple_numbers", "Store one number, or set `phone.several_numbers` to `first_valid`.";
    /// The value has letters among the digits, such as O for 0, or a name.
    ContainsLetters = "contains_letters", "Correct the value in the warehouse.";
    /// The value is a masked number from an export.
    Masked = "masked", "Load the whole numbers; a masked one cannot be called.";
    /// The value has a character that no phone number has, or a plus that is not in front.
    BadCharacter = "bad_character", "Correct the value in the warehouse.";
    /// All digits are the same: somebody had to fill in something.
    Placeholder = "placeholder", "Ask the customer for a number.";
    /// The number has too few digits for its country.
    TooShort = "too_short", "Correct the value, or check `phone.default_region`.";
    /// The number has too many digits for its country.
    TooLong = "too_long", "Correct the value, or check `phone.default_region`.";
    /// No such number exists in its country's numbering plan.
    InvalidNumber = "invalid_number", "Correct the value, or check `phone.default_region`; retired Vietnamese prefixes need `phone.vn_old_prefix` set to `convert`.";
    /// The number is of a kind that is not called: premium rate, toll free, pager and the like.
    TypeNotAllowed = "type_not_allowed", "Store a mobile or a fixed-line number.";
    /// The number is written without a country code and no region says which country it is in.
    NoCountry = "no_country", "Set `phone.default_region` or `phone.region_column`, or store numbers with a leading plus.";
    /// The digits begin with the country's own code and are a number with it and another without it.
    AmbiguousNumber = "ambiguous_number", "Store the number with a leading plus, or as it is dialled inside the country.";
    /// The number is in a country that this configuration does not call.
    CountryNotAllowed = "country_not_allowed", "Extend `phone.allowed_countries`; with `phone_format` `national` only numbers of `phone.default_region` can be sent.";
    /// With `phone_format` `as_is`, the identifier is longer than 32 characters or has white space in it.
    BadIdentifier = "bad_identifier", "Check which column is mapped to `phone_number`.";
    /// A field that the mapping requires is missing, null or blank, and has no default.
    RequiredMissing = "required_missing", "Fill the column, give the field a `default`, or drop `required`.";
    /// A template of the mapping failed on this record.
    TemplateFailed = "template_failed", "Correct the template; the log shows what it stumbled over.";
    /// The record's campaign is not one that the vendor could have.
    BadCampaign = "bad_campaign", "Correct the column or the template behind `campaign`.";
    /// The stream's `only_when` is false for this record.
    OnlyWhen = "only_when", "Nothing, when this is what you want; otherwise correct `only_when`.";
    /// Nobody can say whether the stream's `only_when` is true for this record: a column is missing, null, or of another kind.
    ConditionUnknown = "condition_unknown", "Read the column and the cause beside this code; fill the column, or write what should happen without it (`IS NULL`, `COALESCE`, `CAST`).";
    /// The source marked the record as deleted (`_ab_cdc_deleted_at`, `_sdc_deleted_at`).
    DeletedInSource = "deleted_in_source", "Nothing: a deleted customer is not called.";
    /// It was outside of `rules.window` in the record's own time zone when it was to be handed over.
    OutsideWindow = "outside_window", "Sync the record again inside the window: a schedule that runs inside of every zone's window passes nobody by.";
    /// The record's time zone is missing, null, blank or unknown, so that nobody can say whether `rules.window` is open for it.
    NoTimeZone = "no_time_zone", "Fill the column `rules.window.time_zone_column` with an IANA name such as America/New_York.";
    /// The sync had reached `limits.max_contacts_per_sync`.
    MaxContactsPerSync = "max_contacts_per_sync", "Raise the limit and sync the record again.";
    /// The campaign had reached `limits.max_contacts_per_day`.
    MaxContactsPerDay = "max_contacts_per_day", "Raise the limit, or sync the record again on another day.";
    /// The number is on the do-not-call list.
    DoNotCall = "do_not_call", "Nothing: nobody on the list is called. If it is there by mistake, take it off at its source and load the list again.";
    /// The person was handed over, or may have been, less than `rules.cooling_off_hours` ago, to whichever campaign; or is
    /// being handed over, and that lasts longer than a sync waits.
    CoolingOff = "cooling_off", "Sync the record again when the time is over.";
    /// The number was in this run before, for the same campaign.
    DuplicateInRun = "duplicate_in_run", "Nothing: the person is called once.";
    /// The vendor says that the number is in the campaign already.
    AlreadyInCampaign = "already_in_campaign", "Nothing: the person is called once.";
    /// The ledger remembers that the vendor confirmed this person before.
    AlreadyInLedger = "already_in_ledger", "Nothing: the person is called once.";
    /// Another sync that is running now holds this person, and accounts for the call.
    InAnotherRun = "in_another_run", "Nothing: the person is called once. Whether the other sync's request arrived, its own end tells.";
    /// The call script has a variable that this contact does not fill.
    MissingVariable = "missing_variable", "Map a column to each variable of the script.";
    /// The vendor answered without this contact and gave no reason.
    NotInResult = "not_in_result", "The number is invalid for the vendor, or in a campaign that forbids duplicates: look in its console.";
    /// The vendor called the contact invalid.
    RefusedAsInvalid = "invalid", "Check the phone column and the region.";
    /// The vendor refused a batch until only this contact was left in it.
    RefusedAlone = "refused_alone", "Compare the contact's fields with the vendor's rules; its words are beside this code.";
    /// The vendor refused the contact with words that this program does not know.
    Other = "other", "Read the vendor's words beside this code.";
    /// The request may have arrived, the answer did not: nobody can say whether the person will be called.
    OutcomeUnknown = "outcome_unknown", "Look for the number in the vendor's console before you send the record again.";
}

impl Reason {
    /// Whether records end so whose people are known already.
    #[must_use]
    pub fn is_of_duplicates(self) -> bool {
        matches!(
            self,
            Self::DuplicateInRun | Self::AlreadyInCampaign | Self::AlreadyInLedger | Self::InAnotherRun
        )
    }

    /// Whether the user asked for records to end so: they tell nothing about whether the sync works,
    /// and `limits.max_rejected_percent` leaves them out.
    #[must_use]
    pub fn is_on_purpose(self) -> bool {
        matches!(
            self,
            Self::OnlyWhen
                | Self::DeletedInSource
                | Self::DoNotCall
                | Self::CoolingOff
                | Self::OutsideWindow
                | Self::MaxContactsPerSync
                | Self::MaxContactsPerDay
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let codes: HashSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for code in codes {
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
        }
    }
}
