//! The command tree. Help texts live here and nowhere else: man pages and completions are made from them.

mod moving;
mod tuning;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use moving::{
    AnalyzeArgs, ChecksumArgs, CopyArgs, Copying, PreflightArgs, ResumeArgs, RunArgs, SideName,
    Stage, VerifyArgs, VerifyStatusArgs,
};
pub use tuning::Tuning;

use crate::{
    job::FileState,
    settings::{ChecksumFormat, Trust},
    terminal::log::LogLevel,
};

/// Moves whole folders so that, file by file, it is known what was copied, made durable, read back and found equal.
#[derive(Debug, Parser)]
#[command(
    name = "ferry",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
#[command(after_help = "\
Copy a folder, verify it and get a report:
  ferry run ~/photos /mnt/backup
Stopped half-way (Ctrl-C, power cut, unplugged)? The same command again goes on where it was.

Exit codes: 0 ok, 1 error, 2 usage or configuration, 3 finished but some files failed, 4 verification found
differences, 5 gave up (a disk is gone, hangs or is read-only, or too many files failed), 6 path not found,
7 refused before anything was written, or the destination is full, 9 nothing to do, 10 no such job, 11 locked,
130/143 stopped by a signal, resumable.

It runs on Linux; macOS was not tried, and Windows is not supported.")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
    /// For every command.
    #[command(flatten)]
    pub common: Common,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Configuration file; before the user's and the system's own
    #[arg(short, long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]
    #[arg(long, global = true, value_name = "DIR")]
    pub job_dir: Option<PathBuf>,
    /// The job's name
    #[arg(long, global = true, value_name = "NAME")]
    pub job_name: Option<String>,
    /// The shared checksum cache [default: checksum-cache.db in the job directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub checksum_db: Option<PathBuf>,
    /// Say what would be done, change nothing
    #[arg(short = 'n', long, global = true)]
    pub dry_run: bool,
    /// Never ask, even in a terminal
    #[arg(long, global = true)]
    pub no_input: bool,
    /// One JSON document, or JSON lines where the answer is long
    #[arg(long, global = true)]
    pub json: bool,
    /// Errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more; twice: still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// No progress bar and no progress lines
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// How much goes into the log file
    #[arg(long, global = true, value_enum, default_value_t = LogLevel::Info)]
    pub log_level: LogLevel,
    /// The log file [default: logs/JOB.log in the job directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

/// Which job.
#[derive(Debug, Clone, Default, Args)]
pub struct JobName {
    /// The job: a name in the job directory, or the path of its database
    #[arg(value_name = "JOB")]
    pub job: Option<PathBuf>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Copy folders in one go: list, hash, copy, verify, report; again: goes on where it was
    Run(RunArgs),
    /// Look at both sides, measure, advise and estimate; changes nothing
    Preflight(PreflightArgs),
    /// Make a job
    Init(InitArgs),
    /// Make, list and change jobs
    Job {
        /// What to do with it.
        #[command(subcommand)]
        command: JobCommand,
    },
    /// Add all files below directories
    AddSource(AddSourceArgs),
    /// Add single files
    AddFile(FileArgs),
    /// Show the files of a job
    ListFiles(ListFilesArgs),
    /// Take files off the list
    RemoveFile(FileArgs),
    /// Look at sources and destinations and bring the lists up to date
    Analyze(AnalyzeArgs),
    /// Compute what is missing in the checksum cache
    Checksum(ChecksumArgs),
    /// Copy what is not done yet; prove each file before it counts
    Copy(CopyArgs),
    /// Go on with a copy, with the settings it had
    Resume(ResumeArgs),
    /// Compare what is done with the ledger
    Verify(VerifyArgs),
    /// The same as `verify --stage deep`
    DeepVerify(VerifyArgs),
    /// Show what the last verification found; touches no file
    VerifyStatus(VerifyStatusArgs),
    /// The same as `verify-status --stage deep`
    DeepVerifyStatus(VerifyStatusArgs),
    /// Show how far a job is
    Status(JobName),
    /// Show the audit trail
    Log(LogArgs),
    /// Report what happened; writes summary_report.csv
    Summary(SummaryArgs),
    /// Index directories whose content need not be copied again
    Pool {
        /// What to do with it.
        #[command(subcommand)]
        command: PoolCommand,
    },
    /// The same as `pool add`
    AddToDestinationIndexPool(AddSourceArgs),
    /// Take over checksums that were computed elsewhere
    ImportChecksums(ImportArgs),
    /// Rebuild what a job says of its files from what lies there
    Regenerate(RegenerateArgs),
    /// Make, show and check configuration files
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// The same as `config generate`
    GenerateConfig(GenerateConfigArgs),
    /// Print a completion script
    Completions {
        /// For this shell
        shell: CompletionShell,
    },
    /// Print the JSON schema of what --json prints
    JsonSchema,
    /// Write the manual pages
    Man {
        /// Into this directory; without it the main page goes to stdout
        directory: Option<PathBuf>,
    },
}

/// `ferry init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
}

/// `ferry job …`.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Make a job
    Init(InitArgs),
    /// List the jobs of the job directory
    List,
    /// Show a job's roots and counts
    Show(JobName),
    /// Delete a job's database, logs and reports; never a copied file
    Remove {
        /// The job.
        #[command(flatten)]
        job: JobName,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Add all files below directories
    AddSource(AddSourceArgs),
    /// Add single files
    AddFile(FileArgs),
    /// Take files off the list
    RemoveFile(FileArgs),
    /// Show the files of a job
    ListFiles(ListFilesArgs),
    /// Rebuild what a job says of its files from what lies there
    Regenerate(RegenerateArgs),
}

/// `ferry pool …`.
#[derive(Debug, Subcommand)]
pub enum PoolCommand {
    /// Look through directories and bring their index up to date
    Add(AddSourceArgs),
    /// List the pool's directories
    List(JobName),
    /// Say whether the index knows paths: exit code 0, or 1
    Has(FileArgs),
    /// Compute what is missing in the checksum cache
    EnsureChecksums(JobName),
}

/// `ferry import-checksums`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// Another job's database, a checksum cache, or a list of sha256sum, b3sum or hashdeep
    #[arg(long, required = true, value_name = "FILE")]
    pub from: PathBuf,
    /// What the file is
    #[arg(long, value_enum, default_value_t = ChecksumFormat::Auto)]
    pub format: ChecksumFormat,
}

/// `ferry regenerate`.
#[derive(Debug, Args)]
pub struct RegenerateArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// What makes two files the same
    #[arg(long, value_enum, default_value_t = Trust::SizeAndTime)]
    pub trust: Trust,
}

/// `ferry add-source`.
#[derive(Debug, Args)]
pub struct AddSourceArgs {
    /// The job, then the directories; with --job-name only directories
    #[arg(required = true, value_name = "[JOB] DIR")]
    pub words: Vec<PathBuf>,
}

/// `ferry add-file`, `ferry remove-file`.
#[derive(Debug, Args)]
pub struct FileArgs {
    /// The job, then the files; with --job-name only files
    #[arg(required = true, value_name = "[JOB] FILE")]
    pub words: Vec<PathBuf>,
}

/// `ferry list-files`.
#[derive(Debug, Args)]
pub struct ListFilesArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// Only files in these states; can be repeated
    #[arg(long, value_enum)]
    pub status: Vec<FileState>,
    /// As CSV
    #[arg(long, conflicts_with = "null")]
    pub csv: bool,
    /// Only relative paths, each ended by a NUL byte
    #[arg(short = '0', long = "null")]
    pub null: bool,
}

/// `ferry log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// Only what concerns this file
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
    /// Only from this time on, such as 2h or 2026-11-28T07:00:00
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only this kind of event
    #[arg(long, value_name = "EVENT")]
    pub event: Option<String>,
    /// Prove the chain unbroken and the ledger what the trail says
    #[arg(long)]
    pub verify: bool,
}

/// `ferry summary`.
#[derive(Debug, Args)]
pub struct SummaryArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// Every file in the CSV, not only those that are not done
    #[arg(long)]
    pub all: bool,
    /// Also write one self-contained page [default: summary.html in the job's reports]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub html: Option<Option<PathBuf>>,
    /// Where the CSV goes [default: summary_report.csv in the job's reports]
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// `ferry config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Ask, and write a configuration file
    Generate(GenerateConfigArgs),
    /// Show the values that hold here
    Show {
        /// Also where each comes from
        #[arg(long)]
        origin: bool,
        /// In which form
        #[arg(long, value_enum, default_value_t = ConfigFormat::Yaml)]
        format: ConfigFormat,
    },
    /// Check a configuration file [default: those that hold here]
    Check {
        /// The file
        file: Option<PathBuf>,
    },
    /// Show where configuration files are looked for
    Path,
}

/// `ferry config generate`.
#[derive(Debug, Args)]
pub struct GenerateConfigArgs {
    /// Where to write [default: the user's configuration file]
    pub file: Option<PathBuf>,
    /// Ask nothing, write the defaults
    #[arg(long)]
    pub defaults: bool,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

/// In which form a configuration is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// As a configuration file.
    Yaml,
    /// As JSON.
    Json,
}

/// A shell that completion scripts are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompletionShell {
    /// GNU Bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::{exit::ExitCode, settings::ResumeManager};

    #[test]
    fn the_help_names_every_exit_code_with_its_number() {
        let mut command = Arguments::command();
        let help = command.render_long_help().to_string();
        let (_, codes) = help.split_once("Exit codes:").unwrap();
        let numbers = codes.split(|c: char| !c.is_ascii_digit());
        let told: Vec<u8> = numbers.filter_map(|number| number.parse().ok()).collect();
        assert_eq!(told, ExitCode::ALL.map(ExitCode::number));
        let run = command.find_subcommand_mut("run").unwrap();
        let nothing = format!("exit code {}", ExitCode::NothingToDo.number());
        assert!(run.render_long_help().to_string().contains(&nothing));
    }

    #[test]
    fn the_help_tells_the_defaults_that_are() {
        let built_in = ResumeManager::default();
        let defaults = [
            (
                "checkpoint_interval",
                built_in.checkpoint_interval.to_string(),
            ),
            (
                "checkpoint_time_interval",
                built_in.checkpoint_time_interval.to_string(),
            ),
            (
                "max_checkpoint_age_days",
                built_in.max_checkpoint_age_days.to_string(),
            ),
            (
                "max_concurrent_resumes",
                built_in.max_concurrent_resumes.to_string(),
            ),
            (
                "verify_state_on_resume",
                built_in.verify_state_on_resume.to_string(),
            ),
        ];
        let mut command = Arguments::command();
        let run = command.find_subcommand_mut("run").unwrap();
        for (option, default) in defaults {
            let found = run
                .get_arguments()
                .find(|argument| argument.get_id() == option);
            let help = found.and_then(clap::Arg::get_help).unwrap().to_string();
            assert!(help.contains(&format!("[default: {default}]")), "{help}");
        }
    }
}
