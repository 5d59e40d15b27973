# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ferry_global_optspecs
    string join \n c/config= job-dir= job-name= checksum-db= n/dry-run no-input json q/quiet v/verbose no-progress log-level= log-file= h/help V/version
end

function __fish_ferry_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ferry_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ferry_using_subcommand
    set -l cmd (__fish_ferry_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ferry -n "__fish_ferry_needs_command" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_needs_command" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_needs_command" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_needs_command" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_needs_command" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_needs_command" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_needs_command" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_needs_command" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_needs_command" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_needs_command" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_needs_command" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_needs_command" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_needs_command" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "run" -d 'Copy folders in one go: list, hash, copy, verify, report; again: goes on where it was'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "preflight" -d 'Look at both sides, measure, advise and estimate; changes nothing'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "init" -d 'Make a job'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "job" -d 'Make, list and change jobs'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "add-source" -d 'Add all files below directories'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "add-file" -d 'Add single files'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "list-files" -d 'Show the files of a job'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "remove-file" -d 'Take files off the list'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "analyze" -d 'Look at sources and destinations and bring the lists up to date'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "checksum" -d 'Compute what is missing in the checksum cache'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "copy" -d 'Copy what is not done yet; prove each file before it counts'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "resume" -d 'Go on with a copy, with the settings it had'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "verify" -d 'Compare what is done with the ledger'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "deep-verify" -d 'The same as `verify --stage deep`'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "verify-status" -d 'Show what the last verification found; touches no file'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "deep-verify-status" -d 'The same as `verify-status --stage deep`'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "status" -d 'Show how far a job is'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "log" -d 'Show the audit trail'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "summary" -d 'Report what happened; writes summary_report.csv'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "pool" -d 'Index directories whose content need not be copied again'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "add-to-destination-index-pool" -d 'The same as `pool add`'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "import-checksums" -d 'Take over checksums that were computed elsewhere'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "regenerate" -d 'Rebuild what a job says of its files from what lies there'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "config" -d 'Make, show and check configuration files'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "generate-config" -d 'The same as `config generate`'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "json-schema" -d 'Print the JSON schema of what --json prints'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "man" -d 'Write the manual pages'
complete -c ferry -n "__fish_ferry_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand run" -l job -d 'The job\'s name [default: made from the places, so that the same command goes on]' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l stage -d 'How much is compared at the end; each file was read back once already when it was copied' -r -f -a "shallow\t'Existence, size and time'
deep\t'All of that, and the contents'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l threads -d 'Files in hand at one time, or `auto`: as pre-flight advises' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l buffer-size -d 'Bytes of one read, such as 1MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l hash -d 'Hash of contents' -r -f -a "blake3\t'BLAKE3, 32 bytes, as `b3sum` prints it'
sha256\t'SHA-256, 32 bytes, as `sha256sum` prints it'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l durability -d 'When bytes are forced to storage' -r -f -a "batch\t'Many files are made durable together, then proved, named and marked done'
file\t'Each file is made durable by itself'
none\t'Nothing is forced to storage: a power cut can cost files that are marked done'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l dedup -d 'What happens with content that is at the destination already' -r -f -a "skip\t'Content that is there already is not written; the path stays absent and `duplicates.csv` says where it is'
reflink\t'It becomes a clone that shares storage, where the filesystem can; otherwise as `copy`'
hardlink\t'It becomes a hard link to the copy that is there'
copy\t'It is written again and noted as a duplicate'
off\t'Nobody looks'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l on-conflict -d 'What happens when the destination holds other content under a name' -r -f -a "fail\t'The file is in error, what is there stays. A copy that this job made, and nobody changed since, is replaced'
source\t'The source\'s content replaces it'
keep\t'What is there stays and the file counts as skipped'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l retries -d 'Further attempts that a file gets' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l wait -d 'How long a destination that is full or gone is waited for, such as 10m' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l order-by -d 'Which files first' -r -f -a "name\t'In the order of the scan, directory by directory'
size\t'Small files first'
mtime\t'Oldest first'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l include -d 'Only files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l exclude -d 'No files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l bwlimit -d 'At most so many bytes a second, such as 50MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l max-errors -d 'Stop when more files than this failed' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l checkpoint-interval -d 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l checkpoint-time-interval -d 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l max-checkpoint-age-days -d 'A job that rested longer is checked file by file before it goes on [default: 7]' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l max-concurrent-resumes -d 'Jobs of one job directory that copy at one time [default: 1]' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l verify-state-on-resume -d 'Whether a resume looks first if what is done is still there [default: true]' -r -f -a "true\t''
false\t''"
complete -c ferry -n "__fish_ferry_using_subcommand run" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand run" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand run" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand run" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand run" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand run" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand run" -l no-preflight -d 'Do not measure and estimate first'
complete -c ferry -n "__fish_ferry_using_subcommand run" -l force -d 'Begin although space seems short'
complete -c ferry -n "__fish_ferry_using_subcommand run" -l error-on-no-transfer -d 'End with exit code 9 when there was nothing to copy'
complete -c ferry -n "__fish_ferry_using_subcommand run" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand run" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand run" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand run" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand run" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand run" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand run" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l threads -d 'Files in hand at one time, or `auto`: as pre-flight advises' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l buffer-size -d 'Bytes of one read, such as 1MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l hash -d 'Hash of contents' -r -f -a "blake3\t'BLAKE3, 32 bytes, as `b3sum` prints it'
sha256\t'SHA-256, 32 bytes, as `sha256sum` prints it'"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l durability -d 'When bytes are forced to storage' -r -f -a "batch\t'Many files are made durable together, then proved, named and marked done'
file\t'Each file is made durable by itself'
none\t'Nothing is forced to storage: a power cut can cost files that are marked done'"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l dedup -d 'What happens with content that is at the destination already' -r -f -a "skip\t'Content that is there already is not written; the path stays absent and `duplicates.csv` says where it is'
reflink\t'It becomes a clone that shares storage, where the filesystem can; otherwise as `copy`'
hardlink\t'It becomes a hard link to the copy that is there'
copy\t'It is written again and noted as a duplicate'
off\t'Nobody looks'"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l on-conflict -d 'What happens when the destination holds other content under a name' -r -f -a "fail\t'The file is in error, what is there stays. A copy that this job made, and nobody changed since, is replaced'
source\t'The source\'s content replaces it'
keep\t'What is there stays and the file counts as skipped'"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l retries -d 'Further attempts that a file gets' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l wait -d 'How long a destination that is full or gone is waited for, such as 10m' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l order-by -d 'Which files first' -r -f -a "name\t'In the order of the scan, directory by directory'
size\t'Small files first'
mtime\t'Oldest first'"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l include -d 'Only files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l exclude -d 'No files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l bwlimit -d 'At most so many bytes a second, such as 50MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l max-errors -d 'Stop when more files than this failed' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l checkpoint-interval -d 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l checkpoint-time-interval -d 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l max-checkpoint-age-days -d 'A job that rested longer is checked file by file before it goes on [default: 7]' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l max-concurrent-resumes -d 'Jobs of one job directory that copy at one time [default: 1]' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l verify-state-on-resume -d 'Whether a resume looks first if what is done is still there [default: true]' -r -f -a "true\t''
false\t''"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand preflight" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand init" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand init" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand init" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand init" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand init" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand init" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand init" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand init" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand init" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand init" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand init" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand init" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand init" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "init" -d 'Make a job'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "list" -d 'List the jobs of the job directory'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "show" -d 'Show a job\'s roots and counts'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "remove" -d 'Delete a job\'s database, logs and reports; never a copied file'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "add-source" -d 'Add all files below directories'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "add-file" -d 'Add single files'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "remove-file" -d 'Take files off the list'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "list-files" -d 'Show the files of a job'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "regenerate" -d 'Rebuild what a job says of its files from what lies there'
complete -c ferry -n "__fish_ferry_using_subcommand job; and not __fish_seen_subcommand_from init list show remove add-source add-file remove-file list-files regenerate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from init" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l yes -d 'Do not ask'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-source" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from add-file" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from remove-file" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l status -d 'Only files in these states; can be repeated' -r -f -a "pending\t'Not tried, or to be tried again'
in_progress\t'A run has it in hand, or had when it was cut off'
done\t'At the destination: durable, read back and found equal'
deduplicated\t'Its content was at the destination already, under another name'
skipped\t'It was at the destination already under its own name, or was left out by the person\'s wish'
missing\t'In the job, but not on the source any more'
error\t'Tried and failed'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l csv -d 'As CSV'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s 0 -l null -d 'Only relative paths, each ended by a NUL byte'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from list-files" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l trust -d 'What makes two files the same' -r -f -a "size\,mtime\t'Size and time: quick, and nothing is read'
checksum\t'The content: both sides are hashed, and files that were moved are found'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from regenerate" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "init" -d 'Make a job'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the jobs of the job directory'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a job\'s roots and counts'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Delete a job\'s database, logs and reports; never a copied file'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "add-source" -d 'Add all files below directories'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "add-file" -d 'Add single files'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "remove-file" -d 'Take files off the list'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "list-files" -d 'Show the files of a job'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "regenerate" -d 'Rebuild what a job says of its files from what lies there'
complete -c ferry -n "__fish_ferry_using_subcommand job; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand add-source" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand add-file" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l status -d 'Only files in these states; can be repeated' -r -f -a "pending\t'Not tried, or to be tried again'
in_progress\t'A run has it in hand, or had when it was cut off'
done\t'At the destination: durable, read back and found equal'
deduplicated\t'Its content was at the destination already, under another name'
skipped\t'It was at the destination already under its own name, or was left out by the person\'s wish'
missing\t'In the job, but not on the source any more'
error\t'Tried and failed'"
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l csv -d 'As CSV'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s 0 -l null -d 'Only relative paths, each ended by a NUL byte'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand list-files" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand remove-file" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l source -d 'A source root, also where one that moved is now; can be repeated [default: all of the job]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l dest -d 'A destination root; can be repeated [default: all of the job]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l include -d 'Only files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l exclude -d 'No files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand analyze" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l side -d 'Which files' -r -f -a "source\t'Where files come from'
dest\t'Where files went to'"
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l threads -d 'Files in hand at one time, or `auto`' -r
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l buffer-size -d 'Bytes of one read, such as 1MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l hash -d 'Hash of contents' -r -f -a "blake3\t'BLAKE3, 32 bytes, as `b3sum` prints it'
sha256\t'SHA-256, 32 bytes, as `sha256sum` prints it'"
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l no-cache -d 'Compute all anew'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand checksum" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l source -d 'A source root that moved, where it is now; can be repeated' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l dest -d 'A destination root; can be repeated [default: those of the job]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l threads -d 'Files in hand at one time, or `auto`: as pre-flight advises' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l buffer-size -d 'Bytes of one read, such as 1MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l hash -d 'Hash of contents' -r -f -a "blake3\t'BLAKE3, 32 bytes, as `b3sum` prints it'
sha256\t'SHA-256, 32 bytes, as `sha256sum` prints it'"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l durability -d 'When bytes are forced to storage' -r -f -a "batch\t'Many files are made durable together, then proved, named and marked done'
file\t'Each file is made durable by itself'
none\t'Nothing is forced to storage: a power cut can cost files that are marked done'"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l dedup -d 'What happens with content that is at the destination already' -r -f -a "skip\t'Content that is there already is not written; the path stays absent and `duplicates.csv` says where it is'
reflink\t'It becomes a clone that shares storage, where the filesystem can; otherwise as `copy`'
hardlink\t'It becomes a hard link to the copy that is there'
copy\t'It is written again and noted as a duplicate'
off\t'Nobody looks'"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l on-conflict -d 'What happens when the destination holds other content under a name' -r -f -a "fail\t'The file is in error, what is there stays. A copy that this job made, and nobody changed since, is replaced'
source\t'The source\'s content replaces it'
keep\t'What is there stays and the file counts as skipped'"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l retries -d 'Further attempts that a file gets' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l wait -d 'How long a destination that is full or gone is waited for, such as 10m' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l order-by -d 'Which files first' -r -f -a "name\t'In the order of the scan, directory by directory'
size\t'Small files first'
mtime\t'Oldest first'"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l include -d 'Only files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l exclude -d 'No files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l bwlimit -d 'At most so many bytes a second, such as 50MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l max-errors -d 'Stop when more files than this failed' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l checkpoint-interval -d 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l checkpoint-time-interval -d 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l max-checkpoint-age-days -d 'A job that rested longer is checked file by file before it goes on [default: 7]' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l max-concurrent-resumes -d 'Jobs of one job directory that copy at one time [default: 1]' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l verify-state-on-resume -d 'Whether a resume looks first if what is done is still there [default: true]' -r -f -a "true\t''
false\t''"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l no-resume -d 'Forget what is done and start over; asks first'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l yes -d 'Do not ask before starting over'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l no-preflight -d 'Do not measure and estimate first'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l force -d 'Begin although space seems short'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l error-on-no-transfer -d 'End with exit code 9 when there was nothing to copy'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand copy" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l source -d 'A source root that moved, where it is now; can be repeated' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l dest -d 'A destination root that moved, where it is now; can be repeated' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l threads -d 'Files in hand at one time, or `auto`: as pre-flight advises' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l buffer-size -d 'Bytes of one read, such as 1MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l hash -d 'Hash of contents' -r -f -a "blake3\t'BLAKE3, 32 bytes, as `b3sum` prints it'
sha256\t'SHA-256, 32 bytes, as `sha256sum` prints it'"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l durability -d 'When bytes are forced to storage' -r -f -a "batch\t'Many files are made durable together, then proved, named and marked done'
file\t'Each file is made durable by itself'
none\t'Nothing is forced to storage: a power cut can cost files that are marked done'"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l dedup -d 'What happens with content that is at the destination already' -r -f -a "skip\t'Content that is there already is not written; the path stays absent and `duplicates.csv` says where it is'
reflink\t'It becomes a clone that shares storage, where the filesystem can; otherwise as `copy`'
hardlink\t'It becomes a hard link to the copy that is there'
copy\t'It is written again and noted as a duplicate'
off\t'Nobody looks'"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l on-conflict -d 'What happens when the destination holds other content under a name' -r -f -a "fail\t'The file is in error, what is there stays. A copy that this job made, and nobody changed since, is replaced'
source\t'The source\'s content replaces it'
keep\t'What is there stays and the file counts as skipped'"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l retries -d 'Further attempts that a file gets' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l wait -d 'How long a destination that is full or gone is waited for, such as 10m' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l order-by -d 'Which files first' -r -f -a "name\t'In the order of the scan, directory by directory'
size\t'Small files first'
mtime\t'Oldest first'"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l include -d 'Only files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l exclude -d 'No files that match; can be repeated' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l bwlimit -d 'At most so many bytes a second, such as 50MiB' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l max-errors -d 'Stop when more files than this failed' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l checkpoint-interval -d 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l checkpoint-time-interval -d 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l max-checkpoint-age-days -d 'A job that rested longer is checked file by file before it goes on [default: 7]' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l max-concurrent-resumes -d 'Jobs of one job directory that copy at one time [default: 1]' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l verify-state-on-resume -d 'Whether a resume looks first if what is done is still there [default: true]' -r -f -a "true\t''
false\t''"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand resume" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand resume" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l stage -d 'How much is compared' -r -f -a "shallow\t'Existence, size and time'
deep\t'All of that, and the contents'"
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l threads -d 'Files in hand at one time, or `auto`' -r
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l dest -d 'A destination root that moved, where it is now; can be repeated' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l reverify -d 'Begin anew also when the last one was cut off'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand verify" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l stage -d 'How much is compared' -r -f -a "shallow\t'Existence, size and time'
deep\t'All of that, and the contents'"
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l threads -d 'Files in hand at one time, or `auto`' -r
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l dest -d 'A destination root that moved, where it is now; can be repeated' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l reverify -d 'Begin anew also when the last one was cut off'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l stage -d 'Which verification' -r -f -a "shallow\t'Existence, size and time'
deep\t'All of that, and the contents'"
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l summary -d 'Only the counts'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l full -d 'Also the files that were found equal'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand verify-status" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l stage -d 'Which verification' -r -f -a "shallow\t'Existence, size and time'
deep\t'All of that, and the contents'"
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l summary -d 'Only the counts'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l full -d 'Also the files that were found equal'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand deep-verify-status" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand status" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand status" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand status" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand status" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand status" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand status" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand status" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand status" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand status" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand status" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand status" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand status" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand status" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand log" -l file -d 'Only what concerns this file' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand log" -l since -d 'Only from this time on, such as 2h or 2026-11-28T07:00:00' -r
complete -c ferry -n "__fish_ferry_using_subcommand log" -l event -d 'Only this kind of event' -r
complete -c ferry -n "__fish_ferry_using_subcommand log" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand log" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand log" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand log" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand log" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand log" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand log" -l verify -d 'Prove the chain unbroken and the ledger what the trail says'
complete -c ferry -n "__fish_ferry_using_subcommand log" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand log" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand log" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand log" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand log" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand log" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand log" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l html -d 'Also write one self-contained page [default: summary.html in the job\'s reports]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l csv -d 'Where the CSV goes [default: summary_report.csv in the job\'s reports]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand summary" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l all -d 'Every file in the CSV, not only those that are not done'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand summary" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -f -a "add" -d 'Look through directories and bring their index up to date'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -f -a "list" -d 'List the pool\'s directories'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -f -a "has" -d 'Say whether the index knows paths: exit code 0, or 1'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -f -a "ensure-checksums" -d 'Compute what is missing in the checksum cache'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and not __fish_seen_subcommand_from add list has ensure-checksums help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from has" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from ensure-checksums" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "add" -d 'Look through directories and bring their index up to date'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the pool\'s directories'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "has" -d 'Say whether the index knows paths: exit code 0, or 1'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "ensure-checksums" -d 'Compute what is missing in the checksum cache'
complete -c ferry -n "__fish_ferry_using_subcommand pool; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand add-to-destination-index-pool" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l from -d 'Another job\'s database, a checksum cache, or a list of sha256sum, b3sum or hashdeep' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l format -d 'What the file is' -r -f -a "auto\t'Found out from the file'
db\t'A job\'s database, or a checksum cache'
sha256sum\t'Lines of `sha256sum`, also `--tag`'
b3sum\t'Lines of `b3sum`'
hashdeep\t'`hashdeep -c sha256`'"
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand import-checksums" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l trust -d 'What makes two files the same' -r -f -a "size\,mtime\t'Size and time: quick, and nothing is read'
checksum\t'The content: both sides are hashed, and files that were moved are found'"
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand regenerate" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -f -a "generate" -d 'Ask, and write a configuration file'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -f -a "show" -d 'Show the values that hold here'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -f -a "check" -d 'Check a configuration file [default: those that hold here]'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -f -a "path" -d 'Show where configuration files are looked for'
complete -c ferry -n "__fish_ferry_using_subcommand config; and not __fish_seen_subcommand_from generate show check path help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l defaults -d 'Ask nothing, write the defaults'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l force -d 'Replace a file that is there'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from generate" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l format -d 'In which form' -r -f -a "yaml\t'As a configuration file'
json\t'As JSON'"
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Also where each comes from'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from path" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "generate" -d 'Ask, and write a configuration file'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the values that hold here'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a configuration file [default: those that hold here]'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Show where configuration files are looked for'
complete -c ferry -n "__fish_ferry_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l defaults -d 'Ask nothing, write the defaults'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l force -d 'Replace a file that is there'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand generate-config" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand completions" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand completions" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand json-schema" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand man" -s c -l config -d 'Configuration file; before the user\'s and the system\'s own' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand man" -l job-dir -d 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand man" -l job-name -d 'The job\'s name' -r
complete -c ferry -n "__fish_ferry_using_subcommand man" -l checksum-db -d 'The shared checksum cache [default: checksum-cache.db in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand man" -l log-level -d 'How much goes into the log file' -r -f -a "error\t'Commands that ended badly, files that failed'
warn\t'And everything that is worth a warning'
info\t'And where a run is'
debug\t'And each file'
trace\t'And each event'"
complete -c ferry -n "__fish_ferry_using_subcommand man" -l log-file -d 'The log file [default: logs/JOB.log in the job directory]' -r -F
complete -c ferry -n "__fish_ferry_using_subcommand man" -s n -l dry-run -d 'Say what would be done, change nothing'
complete -c ferry -n "__fish_ferry_using_subcommand man" -l no-input -d 'Never ask, even in a terminal'
complete -c ferry -n "__fish_ferry_using_subcommand man" -l json -d 'One JSON document, or JSON lines where the answer is long'
complete -c ferry -n "__fish_ferry_using_subcommand man" -s q -l quiet -d 'Errors only'
complete -c ferry -n "__fish_ferry_using_subcommand man" -s v -l verbose -d 'Say more; twice: still more'
complete -c ferry -n "__fish_ferry_using_subcommand man" -l no-progress -d 'No progress bar and no progress lines'
complete -c ferry -n "__fish_ferry_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ferry -n "__fish_ferry_using_subcommand man" -s V -l version -d 'Print version'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "run" -d 'Copy folders in one go: list, hash, copy, verify, report; again: goes on where it was'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "preflight" -d 'Look at both sides, measure, advise and estimate; changes nothing'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "init" -d 'Make a job'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "job" -d 'Make, list and change jobs'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "add-source" -d 'Add all files below directories'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "add-file" -d 'Add single files'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "list-files" -d 'Show the files of a job'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "remove-file" -d 'Take files off the list'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "analyze" -d 'Look at sources and destinations and bring the lists up to date'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "checksum" -d 'Compute what is missing in the checksum cache'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "copy" -d 'Copy what is not done yet; prove each file before it counts'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "resume" -d 'Go on with a copy, with the settings it had'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "verify" -d 'Compare what is done with the ledger'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "deep-verify" -d 'The same as `verify --stage deep`'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "verify-status" -d 'Show what the last verification found; touches no file'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "deep-verify-status" -d 'The same as `verify-status --stage deep`'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "status" -d 'Show how far a job is'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "log" -d 'Show the audit trail'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "summary" -d 'Report what happened; writes summary_report.csv'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "pool" -d 'Index directories whose content need not be copied again'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "add-to-destination-index-pool" -d 'The same as `pool add`'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "import-checksums" -d 'Take over checksums that were computed elsewhere'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "regenerate" -d 'Rebuild what a job says of its files from what lies there'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "config" -d 'Make, show and check configuration files'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "generate-config" -d 'The same as `config generate`'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "completions" -d 'Print a completion script'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "json-schema" -d 'Print the JSON schema of what --json prints'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "man" -d 'Write the manual pages'
complete -c ferry -n "__fish_ferry_using_subcommand help; and not __fish_seen_subcommand_from run preflight init job add-source add-file list-files remove-file analyze checksum copy resume verify deep-verify verify-status deep-verify-status status log summary pool add-to-destination-index-pool import-checksums regenerate config generate-config completions json-schema man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "init" -d 'Make a job'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "list" -d 'List the jobs of the job directory'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "show" -d 'Show a job\'s roots and counts'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "remove" -d 'Delete a job\'s database, logs and reports; never a copied file'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "add-source" -d 'Add all files below directories'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "add-file" -d 'Add single files'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "remove-file" -d 'Take files off the list'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "list-files" -d 'Show the files of a job'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from job" -f -a "regenerate" -d 'Rebuild what a job says of its files from what lies there'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "add" -d 'Look through directories and bring their index up to date'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "list" -d 'List the pool\'s directories'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "has" -d 'Say whether the index knows paths: exit code 0, or 1'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from pool" -f -a "ensure-checksums" -d 'Compute what is missing in the checksum cache'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "generate" -d 'Ask, and write a configuration file'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show the values that hold here'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check a configuration file [default: those that hold here]'
complete -c ferry -n "__fish_ferry_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Show where configuration files are looked for'
