//! What people, programs and disks do to a ledger's files.

/// What happens to the files of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accident {
    /// A copy that was made earlier is put in its place; its mark stays.
    OlderCopy,
    LogDeleted,
    LogCut,
    /// The log of another ledger lies beside it.
    AnothersLog,
    MarkDeleted,
    /// The main file alone is copied to another place, and used there.
    CopiedAlone,
    Emptied,
    Deleted,
    AnotherLedger,
    BitFlipped,
    /// The three that follow happen under a run.
    DeletedUnderRun,
    MovedUnderRun,
    ReplacedUnderRun,
}

impl Accident {
    pub(crate) const ALL: [Self; 13] = [
        Self::OlderCopy,
        Self::LogDeleted,
        Self::LogCut,
        Self::AnothersLog,
        Self::MarkDeleted,
        Self::CopiedAlone,
        Self::Emptied,
        Self::Deleted,
        Self::AnotherLedger,
        Self::BitFlipped,
        Self::DeletedUnderRun,
        Self::MovedUnderRun,
        Self::ReplacedUnderRun,
    ];

    /// Those that need no run.
    pub(crate) fn between_runs() -> &'static [Self] {
        &Self::ALL[..10]
    }

    pub(crate) fn under_a_run() -> &'static [Self] {
        &Self::ALL[10..]
    }
}
