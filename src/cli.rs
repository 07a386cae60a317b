//! The command line, and the few environment variables that the platform sets.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::delivery::Network;
use crate::phone::mask_numbers;

/// Under this name the program is a Singer target.
const TARGET: &str = "target-ai-voice";

/// A century: nobody asks for more, and any date that far back is one.
const LONGEST_DAYS: i64 = 36_525;

/// Adds warehouse records to AI voice-call campaigns. A destination connector for data-sync platforms,
/// and without a command a Singer target.
#[derive(Debug, Parser)]
#[command(name = "destination-ai-voice", version, propagate_version = true)]
#[command(
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    /// What to do; nothing when a Singer runner asks.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What a Singer runner says.
    #[command(flatten)]
    pub target: TargetArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What the platform calls.
    #[command(flatten)]
    Platform(PlatformCommand),
    /// Look into the memory of who was sent to whom, or correct it.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Serve the vendors' APIs on this machine, to rehearse without calling anybody.
    Sandbox(SandboxArgs),
    /// Show a whole sync of a sample extract against the sandbox.
    Demo(DemoArgs),
    /// Read messages on stdin like `write` and show whom it would call, whom not and why. Nothing is sent.
    Preview(PreviewArgs),
}

/// What a Singer runner says.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// The configuration, a JSON file; a Singer tap's messages are read on stdin.
    #[arg(short, long, required_unless_present = "about")]
    pub config: Option<PathBuf>,
    /// Print what this Singer target is and which settings it has.
    #[arg(long)]
    pub about: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = AboutFormat::Text, requires = "about")]
    pub format: AboutFormat,
}

/// How to print what this target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AboutFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The commands of the protocol.
#[derive(Debug, Subcommand)]
pub enum PlatformCommand {
    /// Print the configuration form.
    Spec,
    /// Test a configuration. Nobody is called.
    Check(CheckArgs),
    /// Print what a contact looks like, for mapping in the platform.
    Discover(ConfigArgs),
    /// Read messages on stdin and add their records to the campaign.
    Write(WriteArgs),
}

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Count contacts by campaign, outcome and run.
    Status(ConfigArgs),
    /// Show what is known of one number. The number is hashed on this machine.
    Find(FindArgs),
    /// List people by outcome, run and campaign, as CSV or as JSON lines.
    List(ListArgs),
    /// Decide the unknown contacts of a run, or some of them, after looking into the vendor's console.
    Settle(SettleArgs),
    /// Forget whom the rules need no longer, or one person.
    Forget(ForgetArgs),
    /// Read records like `write` and remember everybody as called, without sending anything: for the
    /// first sync of a campaign that was filled in another way.
    Baseline(BaselineArgs),
    /// Read records like `write` and bring everybody in them over to the scope that the configuration
    /// says now, without sending anything.
    Rescope(RescopeArgs),
    /// Take a file as it is of which something was lost for good.
    AcceptLoss(AcceptLossArgs),
    /// Keep the list of people whom nobody may call.
    #[command(subcommand)]
    DoNotCall(DoNotCallCommand),
}

/// What to do with the do-not-call list.
#[derive(Debug, Subcommand)]
pub enum DoNotCallCommand {
    /// Add the numbers of a file to the list, or put them in the place of those that its source had. A row that
    /// cannot be read fails the load, and nothing is changed.
    Load(ListLoadArgs),
    /// Show each source of the list, with how many numbers it has and when it was loaded.
    Status(ConfigArgs),
    /// Say whether a number is on the list. It is hashed on this machine.
    Find(ListFindArgs),
    /// Take a source off the list, with all its numbers.
    Remove(ListRemoveArgs),
}

/// What to load.
#[derive(Debug, Args)]
pub struct ListLoadArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The file: CSV with a header, or a JSON object on each line; - reads stdin.
    pub file: PathBuf,
    /// The column that holds the number.
    #[arg(long, value_name = "NAME", default_value = "phone_number")]
    pub column: String,
    /// How it is written; otherwise its name says so.
    #[arg(long, value_enum)]
    pub format: Option<DoNotCallFormat>,
    /// Afterwards the source has these numbers and no others.
    #[arg(long)]
    pub replace: bool,
    /// Under what name the list keeps them; otherwise the file's.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
}

/// How a do-not-call list's file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DoNotCallFormat {
    /// With a header.
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

/// Whom to look for on the list.
#[derive(Debug, Args)]
pub struct ListFindArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The number, in any form that a record may have it.
    pub number: String,
}

/// What to take off the list.
#[derive(Debug, Args)]
pub struct ListRemoveArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The source, as `ledger do-not-call status` shows it.
    #[arg(long, value_name = "NAME")]
    pub source: String,
    /// Do it; otherwise it is only said what it would do.
    #[arg(long)]
    pub yes: bool,
}

/// Whom to look for.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The number, in any form that a record may have it.
    #[arg(long)]
    pub phone: String,
    /// Another campaign than those of the configuration; may be given several times.
    #[arg(long = "campaign", value_name = "ID")]
    pub campaigns: Vec<String>,
}

/// Whom to list, and how.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// Only people with this outcome; may be given several times. Otherwise everybody.
    #[arg(long = "outcome", value_enum, value_name = "OUTCOME", value_delimiter = ',')]
    pub outcomes: Vec<ListedOutcome>,
    /// Only people of this run, as `ledger status` shows it.
    #[arg(long, allow_hyphen_values = true)]
    pub run: Option<String>,
    /// Only people of this campaign.
    #[arg(long, value_name = "ID")]
    pub campaign: Option<String>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = ListFormat::Csv)]
    pub format: ListFormat,
}

/// How a contact stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListedOutcome {
    /// Confirmed by the vendor.
    Accepted,
    /// Refused by the vendor, or decided so by a person: the next sync may send them.
    Rejected,
    /// May have been sent, nobody can say.
    Unknown,
    /// Is just being sent by a sync.
    Claimed,
}

/// How to print people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For spreadsheets: a cell that one would take for a formula has an apostrophe before it.
    Csv,
    /// For programs: an object a line.
    Jsonl,
}

/// What to decide.
#[derive(Debug, Args)]
pub struct SettleArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The run, as `ledger status` shows it.
    #[arg(long, allow_hyphen_values = true)]
    pub run: String,
    /// What the vendor's console shows.
    #[arg(long = "as", value_enum)]
    pub decision: SettleDecision,
    /// Only those with these primary keys: a file with one a line, or with lines as `ledger list` prints them; - is stdin.
    #[arg(long, value_name = "FILE")]
    pub primary_keys: Option<PathBuf>,
    /// The stream that these keys are of.
    #[arg(long, value_name = "NAME", requires = "primary_keys")]
    pub stream: Option<String>,
    /// Do it; otherwise it is only counted.
    #[arg(long)]
    pub yes: bool,
}

/// Whom to forget.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").args(["older_than", "phone"]).required(true))]
pub struct ForgetArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// Everybody of whom nothing was heard for so many days and whom the rules need no longer.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=LONGEST_DAYS))]
    pub older_than: Option<u32>,
    /// Of these, only who was rejected: they may be called in any case.
    #[arg(long, requires = "older_than")]
    pub rejected_only: bool,
    /// One person, by the number in any form that a record may have it: in every campaign of this account.
    #[arg(long)]
    pub phone: Option<String>,
    /// Do it; otherwise it is only said what it means.
    #[arg(long)]
    pub yes: bool,
}

/// What became of contacts of whom nobody could say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SettleDecision {
    /// They are in the campaign: never sent again.
    Accepted,
    /// They are not: the next sync may send them.
    #[value(alias = "rejected")]
    NotDelivered,
}

/// What to take for called.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The configured catalog, a JSON file. Without it stdin is a Singer tap's.
    #[arg(long)]
    pub catalog: Option<PathBuf>,
    /// Do it; otherwise it is only counted.
    #[arg(long)]
    pub yes: bool,
}

/// Whom to bring over.
#[derive(Debug, Args)]
pub struct RescopeArgs {
    /// The configuration with the new scope, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The configured catalog, a JSON file. Without it stdin is a Singer tap's.
    #[arg(long)]
    pub catalog: Option<PathBuf>,
    /// Do it; otherwise it is only counted.
    #[arg(long)]
    pub yes: bool,
    /// Do it although up to so many people in the ledger are in none of the records: they are forgotten.
    #[arg(long, value_name = "PEOPLE", default_value_t = 0)]
    pub leave: u64,
}

/// What to take as it is.
#[derive(Debug, Args)]
pub struct AcceptLossArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// Do it; otherwise it is only said what is missing.
    #[arg(long)]
    pub yes: bool,
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
}

/// What `check` needs.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The configured catalog, a JSON file, to hold columns, conditions and templates against its streams.
    #[arg(long)]
    pub catalog: Option<PathBuf>,
}

/// What `write` needs.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The configured catalog, a JSON file.
    #[arg(long)]
    pub catalog: PathBuf,
    /// Accepted and ignored: a destination keeps no state there.
    #[arg(long, hide = true)]
    pub state: Option<PathBuf>,
}

/// What to show of a sync that is not made.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// The configuration, a JSON file.
    #[arg(long)]
    pub config: PathBuf,
    /// The configured catalog, a JSON file. Without it stdin is a Singer tap's.
    #[arg(long)]
    pub catalog: Option<PathBuf>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = PreviewFormat::Text)]
    pub output: PreviewFormat,
    /// Read so many records at most; 0: all.
    #[arg(long, value_name = "RECORDS", default_value_t = 0)]
    pub limit: u64,
}

/// How to show a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PreviewFormat {
    /// For a terminal.
    Text,
    /// For programs: the report's data.
    Json,
    /// For a browser: the report's page.
    Html,
}

/// How the sandbox behaves.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// The address to listen on, such as 0.0.0.0 for containers. Whoever reaches it sees everything here.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub bind: IpAddr,
    /// What goes wrong: none, all, or a list such as busy,drop_after=0.05.
    #[arg(long, default_value = "none")]
    pub faults: String,
    /// The same seed gives the same faults.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A variable that the call script speaks; may be given several times.
    #[arg(long = "require-variable", value_name = "NAME")]
    pub required_variables: Vec<String>,
    /// Show whole phone numbers on the page of calls.
    #[arg(long)]
    pub show_numbers: bool,
    /// Show the reports of the last runs, which this folder has: the configurations that are printed put theirs there.
    #[arg(long, value_name = "DIR")]
    pub reports: Option<PathBuf>,
    /// Take contacts for any application, job and campaign, as for measuring many of them.
    #[arg(long, hide = true)]
    pub any_campaign: bool,
    /// For measuring a sender: nothing goes wrong. (Scripts of 0.1.0 ask for it.)
    #[arg(long, hide = true, conflicts_with = "faults")]
    pub fast: bool,
}

/// How the demo behaves.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Records in the sample extract.
    #[arg(long, default_value_t = 2_500)]
    pub records: u64,
    /// The same seed gives the same sample and the same faults.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What goes wrong at the vendors: none, all, or a list such as busy,drop_after=0.05.
    #[arg(long, default_value = "busy,throttled,drop_after")]
    pub faults: String,
    /// Write the configurations, the catalog and the messages into this folder, for `check` and `write` by hand.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// What the platform says in the environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `WORKER_JOB_ID`: the number of the sync, where the catalog does not say it.
    pub job_id: Option<String>,
    /// `DATA_CHANNEL_MEDIUM` is `SOCKET`: the platform would not use stdin.
    pub is_socket_mode: bool,
    /// The proxy and the certificates of this machine.
    pub network: Network,
}

impl Cli {
    /// Reads the arguments; the commands may be written with two dashes, as some platforms do.
    ///
    /// # Errors
    /// With the usage, or with the help when it was asked for.
    pub fn from_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        if let Some(command) = arguments.get_mut(1) {
            let platforms = ["--spec", "--check", "--discover", "--write"];
            let spelled = platforms.into_iter().find(|spelled| command == spelled);
            *command = spelled.map_or(std::mem::take(command), |spelled| spelled.trim_matches('-').into());
        }
        let called = arguments.first().map(Path::new).and_then(Path::file_stem);
        let grammar =
            if called == Some(OsStr::new(TARGET)) { Self::command().name(TARGET) } else { Self::command() };
        Self::from_arg_matches(&grammar.try_get_matches_from(arguments)?)
    }
}

/// The usage, with the mistake that was made; numbers that stand where none belongs are masked.
#[must_use]
pub fn discreet(usage: &clap::Error) -> String {
    // The bounds of a number are no number, and looked like one.
    mask_numbers(&usage.to_string().replace("..=", " to ")).into_owned()
}

impl Environment {
    /// Reads the environment, once.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    #[must_use]
    pub fn of_process() -> Self {
        let medium = std::env::var("DATA_CHANNEL_MEDIUM").unwrap_or_default();
        Self {
            job_id: std::env::var("WORKER_JOB_ID").ok().filter(|id| !id.is_empty()),
            is_socket_mode: medium.eq_ignore_ascii_case("SOCKET"),
            network: Network::new(std::env::vars_os()),
        }
    }
}
