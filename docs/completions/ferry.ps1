
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'ferry' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'ferry'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'ferry' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Copy folders in one go: list, hash, copy, verify, report; again: goes on where it was')
            [CompletionResult]::new('preflight', 'preflight', [CompletionResultType]::ParameterValue, 'Look at both sides, measure, advise and estimate; changes nothing')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a job')
            [CompletionResult]::new('job', 'job', [CompletionResultType]::ParameterValue, 'Make, list and change jobs')
            [CompletionResult]::new('add-source', 'add-source', [CompletionResultType]::ParameterValue, 'Add all files below directories')
            [CompletionResult]::new('add-file', 'add-file', [CompletionResultType]::ParameterValue, 'Add single files')
            [CompletionResult]::new('list-files', 'list-files', [CompletionResultType]::ParameterValue, 'Show the files of a job')
            [CompletionResult]::new('remove-file', 'remove-file', [CompletionResultType]::ParameterValue, 'Take files off the list')
            [CompletionResult]::new('analyze', 'analyze', [CompletionResultType]::ParameterValue, 'Look at sources and destinations and bring the lists up to date')
            [CompletionResult]::new('checksum', 'checksum', [CompletionResultType]::ParameterValue, 'Compute what is missing in the checksum cache')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy what is not done yet; prove each file before it counts')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Go on with a copy, with the settings it had')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Compare what is done with the ledger')
            [CompletionResult]::new('deep-verify', 'deep-verify', [CompletionResultType]::ParameterValue, 'The same as `verify --stage deep`')
            [CompletionResult]::new('verify-status', 'verify-status', [CompletionResultType]::ParameterValue, 'Show what the last verification found; touches no file')
            [CompletionResult]::new('deep-verify-status', 'deep-verify-status', [CompletionResultType]::ParameterValue, 'The same as `verify-status --stage deep`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show how far a job is')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the audit trail')
            [CompletionResult]::new('summary', 'summary', [CompletionResultType]::ParameterValue, 'Report what happened; writes summary_report.csv')
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Index directories whose content need not be copied again')
            [CompletionResult]::new('add-to-destination-index-pool', 'add-to-destination-index-pool', [CompletionResultType]::ParameterValue, 'The same as `pool add`')
            [CompletionResult]::new('import-checksums', 'import-checksums', [CompletionResultType]::ParameterValue, 'Take over checksums that were computed elsewhere')
            [CompletionResult]::new('regenerate', 'regenerate', [CompletionResultType]::ParameterValue, 'Rebuild what a job says of its files from what lies there')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Make, show and check configuration files')
            [CompletionResult]::new('generate-config', 'generate-config', [CompletionResultType]::ParameterValue, 'The same as `config generate`')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('json-schema', 'json-schema', [CompletionResultType]::ParameterValue, 'Print the JSON schema of what --json prints')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;run' {
            [CompletionResult]::new('--job', '--job', [CompletionResultType]::ParameterName, 'The job''s name [default: made from the places, so that the same command goes on]')
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'How much is compared at the end; each file was read back once already when it was copied')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`: as pre-flight advises')
            [CompletionResult]::new('--buffer-size', '--buffer-size', [CompletionResultType]::ParameterName, 'Bytes of one read, such as 1MiB')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Hash of contents')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'When bytes are forced to storage')
            [CompletionResult]::new('--dedup', '--dedup', [CompletionResultType]::ParameterName, 'What happens with content that is at the destination already')
            [CompletionResult]::new('--on-conflict', '--on-conflict', [CompletionResultType]::ParameterName, 'What happens when the destination holds other content under a name')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Further attempts that a file gets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long a destination that is full or gone is waited for, such as 10m')
            [CompletionResult]::new('--order-by', '--order-by', [CompletionResultType]::ParameterName, 'Which files first')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Only files that match; can be repeated')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'No files that match; can be repeated')
            [CompletionResult]::new('--bwlimit', '--bwlimit', [CompletionResultType]::ParameterName, 'At most so many bytes a second, such as 50MiB')
            [CompletionResult]::new('--max-errors', '--max-errors', [CompletionResultType]::ParameterName, 'Stop when more files than this failed')
            [CompletionResult]::new('--checkpoint-interval', '--checkpoint-interval', [CompletionResultType]::ParameterName, 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]')
            [CompletionResult]::new('--checkpoint-time-interval', '--checkpoint-time-interval', [CompletionResultType]::ParameterName, 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]')
            [CompletionResult]::new('--max-checkpoint-age-days', '--max-checkpoint-age-days', [CompletionResultType]::ParameterName, 'A job that rested longer is checked file by file before it goes on [default: 7]')
            [CompletionResult]::new('--max-concurrent-resumes', '--max-concurrent-resumes', [CompletionResultType]::ParameterName, 'Jobs of one job directory that copy at one time [default: 1]')
            [CompletionResult]::new('--verify-state-on-resume', '--verify-state-on-resume', [CompletionResultType]::ParameterName, 'Whether a resume looks first if what is done is still there [default: true]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--no-preflight', '--no-preflight', [CompletionResultType]::ParameterName, 'Do not measure and estimate first')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Begin although space seems short')
            [CompletionResult]::new('--error-on-no-transfer', '--error-on-no-transfer', [CompletionResultType]::ParameterName, 'End with exit code 9 when there was nothing to copy')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;preflight' {
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`: as pre-flight advises')
            [CompletionResult]::new('--buffer-size', '--buffer-size', [CompletionResultType]::ParameterName, 'Bytes of one read, such as 1MiB')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Hash of contents')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'When bytes are forced to storage')
            [CompletionResult]::new('--dedup', '--dedup', [CompletionResultType]::ParameterName, 'What happens with content that is at the destination already')
            [CompletionResult]::new('--on-conflict', '--on-conflict', [CompletionResultType]::ParameterName, 'What happens when the destination holds other content under a name')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Further attempts that a file gets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long a destination that is full or gone is waited for, such as 10m')
            [CompletionResult]::new('--order-by', '--order-by', [CompletionResultType]::ParameterName, 'Which files first')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Only files that match; can be repeated')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'No files that match; can be repeated')
            [CompletionResult]::new('--bwlimit', '--bwlimit', [CompletionResultType]::ParameterName, 'At most so many bytes a second, such as 50MiB')
            [CompletionResult]::new('--max-errors', '--max-errors', [CompletionResultType]::ParameterName, 'Stop when more files than this failed')
            [CompletionResult]::new('--checkpoint-interval', '--checkpoint-interval', [CompletionResultType]::ParameterName, 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]')
            [CompletionResult]::new('--checkpoint-time-interval', '--checkpoint-time-interval', [CompletionResultType]::ParameterName, 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]')
            [CompletionResult]::new('--max-checkpoint-age-days', '--max-checkpoint-age-days', [CompletionResultType]::ParameterName, 'A job that rested longer is checked file by file before it goes on [default: 7]')
            [CompletionResult]::new('--max-concurrent-resumes', '--max-concurrent-resumes', [CompletionResultType]::ParameterName, 'Jobs of one job directory that copy at one time [default: 1]')
            [CompletionResult]::new('--verify-state-on-resume', '--verify-state-on-resume', [CompletionResultType]::ParameterName, 'Whether a resume looks first if what is done is still there [default: true]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;init' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a job')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the jobs of the job directory')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a job''s roots and counts')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a job''s database, logs and reports; never a copied file')
            [CompletionResult]::new('add-source', 'add-source', [CompletionResultType]::ParameterValue, 'Add all files below directories')
            [CompletionResult]::new('add-file', 'add-file', [CompletionResultType]::ParameterValue, 'Add single files')
            [CompletionResult]::new('remove-file', 'remove-file', [CompletionResultType]::ParameterValue, 'Take files off the list')
            [CompletionResult]::new('list-files', 'list-files', [CompletionResultType]::ParameterValue, 'Show the files of a job')
            [CompletionResult]::new('regenerate', 'regenerate', [CompletionResultType]::ParameterValue, 'Rebuild what a job says of its files from what lies there')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;job;init' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;list' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;show' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;remove' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;add-source' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;add-file' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;remove-file' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;list-files' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only files in these states; can be repeated')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'As CSV')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Only relative paths, each ended by a NUL byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Only relative paths, each ended by a NUL byte')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;regenerate' {
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'What makes two files the same')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;job;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a job')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the jobs of the job directory')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a job''s roots and counts')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a job''s database, logs and reports; never a copied file')
            [CompletionResult]::new('add-source', 'add-source', [CompletionResultType]::ParameterValue, 'Add all files below directories')
            [CompletionResult]::new('add-file', 'add-file', [CompletionResultType]::ParameterValue, 'Add single files')
            [CompletionResult]::new('remove-file', 'remove-file', [CompletionResultType]::ParameterValue, 'Take files off the list')
            [CompletionResult]::new('list-files', 'list-files', [CompletionResultType]::ParameterValue, 'Show the files of a job')
            [CompletionResult]::new('regenerate', 'regenerate', [CompletionResultType]::ParameterValue, 'Rebuild what a job says of its files from what lies there')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;job;help;init' {
            break
        }
        'ferry;job;help;list' {
            break
        }
        'ferry;job;help;show' {
            break
        }
        'ferry;job;help;remove' {
            break
        }
        'ferry;job;help;add-source' {
            break
        }
        'ferry;job;help;add-file' {
            break
        }
        'ferry;job;help;remove-file' {
            break
        }
        'ferry;job;help;list-files' {
            break
        }
        'ferry;job;help;regenerate' {
            break
        }
        'ferry;job;help;help' {
            break
        }
        'ferry;add-source' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;add-file' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;list-files' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only files in these states; can be repeated')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'As CSV')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Only relative paths, each ended by a NUL byte')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Only relative paths, each ended by a NUL byte')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;remove-file' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;analyze' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A source root, also where one that moved is now; can be repeated [default: all of the job]')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'A destination root; can be repeated [default: all of the job]')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Only files that match; can be repeated')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'No files that match; can be repeated')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;checksum' {
            [CompletionResult]::new('--side', '--side', [CompletionResultType]::ParameterName, 'Which files')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`')
            [CompletionResult]::new('--buffer-size', '--buffer-size', [CompletionResultType]::ParameterName, 'Bytes of one read, such as 1MiB')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Hash of contents')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Compute all anew')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;copy' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A source root that moved, where it is now; can be repeated')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'A destination root; can be repeated [default: those of the job]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`: as pre-flight advises')
            [CompletionResult]::new('--buffer-size', '--buffer-size', [CompletionResultType]::ParameterName, 'Bytes of one read, such as 1MiB')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Hash of contents')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'When bytes are forced to storage')
            [CompletionResult]::new('--dedup', '--dedup', [CompletionResultType]::ParameterName, 'What happens with content that is at the destination already')
            [CompletionResult]::new('--on-conflict', '--on-conflict', [CompletionResultType]::ParameterName, 'What happens when the destination holds other content under a name')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Further attempts that a file gets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long a destination that is full or gone is waited for, such as 10m')
            [CompletionResult]::new('--order-by', '--order-by', [CompletionResultType]::ParameterName, 'Which files first')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Only files that match; can be repeated')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'No files that match; can be repeated')
            [CompletionResult]::new('--bwlimit', '--bwlimit', [CompletionResultType]::ParameterName, 'At most so many bytes a second, such as 50MiB')
            [CompletionResult]::new('--max-errors', '--max-errors', [CompletionResultType]::ParameterName, 'Stop when more files than this failed')
            [CompletionResult]::new('--checkpoint-interval', '--checkpoint-interval', [CompletionResultType]::ParameterName, 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]')
            [CompletionResult]::new('--checkpoint-time-interval', '--checkpoint-time-interval', [CompletionResultType]::ParameterName, 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]')
            [CompletionResult]::new('--max-checkpoint-age-days', '--max-checkpoint-age-days', [CompletionResultType]::ParameterName, 'A job that rested longer is checked file by file before it goes on [default: 7]')
            [CompletionResult]::new('--max-concurrent-resumes', '--max-concurrent-resumes', [CompletionResultType]::ParameterName, 'Jobs of one job directory that copy at one time [default: 1]')
            [CompletionResult]::new('--verify-state-on-resume', '--verify-state-on-resume', [CompletionResultType]::ParameterName, 'Whether a resume looks first if what is done is still there [default: true]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--no-resume', '--no-resume', [CompletionResultType]::ParameterName, 'Forget what is done and start over; asks first')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask before starting over')
            [CompletionResult]::new('--no-preflight', '--no-preflight', [CompletionResultType]::ParameterName, 'Do not measure and estimate first')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Begin although space seems short')
            [CompletionResult]::new('--error-on-no-transfer', '--error-on-no-transfer', [CompletionResultType]::ParameterName, 'End with exit code 9 when there was nothing to copy')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;resume' {
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'A source root that moved, where it is now; can be repeated')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'A destination root that moved, where it is now; can be repeated')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`: as pre-flight advises')
            [CompletionResult]::new('--buffer-size', '--buffer-size', [CompletionResultType]::ParameterName, 'Bytes of one read, such as 1MiB')
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'Hash of contents')
            [CompletionResult]::new('--durability', '--durability', [CompletionResultType]::ParameterName, 'When bytes are forced to storage')
            [CompletionResult]::new('--dedup', '--dedup', [CompletionResultType]::ParameterName, 'What happens with content that is at the destination already')
            [CompletionResult]::new('--on-conflict', '--on-conflict', [CompletionResultType]::ParameterName, 'What happens when the destination holds other content under a name')
            [CompletionResult]::new('--retries', '--retries', [CompletionResultType]::ParameterName, 'Further attempts that a file gets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'How long a destination that is full or gone is waited for, such as 10m')
            [CompletionResult]::new('--order-by', '--order-by', [CompletionResultType]::ParameterName, 'Which files first')
            [CompletionResult]::new('--include', '--include', [CompletionResultType]::ParameterName, 'Only files that match; can be repeated')
            [CompletionResult]::new('--exclude', '--exclude', [CompletionResultType]::ParameterName, 'No files that match; can be repeated')
            [CompletionResult]::new('--bwlimit', '--bwlimit', [CompletionResultType]::ParameterName, 'At most so many bytes a second, such as 50MiB')
            [CompletionResult]::new('--max-errors', '--max-errors', [CompletionResultType]::ParameterName, 'Stop when more files than this failed')
            [CompletionResult]::new('--checkpoint-interval', '--checkpoint-interval', [CompletionResultType]::ParameterName, 'Files of one batch, which is what is done again after a crash; small files are as many as come in a second [default: 50]')
            [CompletionResult]::new('--checkpoint-time-interval', '--checkpoint-time-interval', [CompletionResultType]::ParameterName, 'Seconds until a batch is closed: at most so many are done again after a crash [default: 30]')
            [CompletionResult]::new('--max-checkpoint-age-days', '--max-checkpoint-age-days', [CompletionResultType]::ParameterName, 'A job that rested longer is checked file by file before it goes on [default: 7]')
            [CompletionResult]::new('--max-concurrent-resumes', '--max-concurrent-resumes', [CompletionResultType]::ParameterName, 'Jobs of one job directory that copy at one time [default: 1]')
            [CompletionResult]::new('--verify-state-on-resume', '--verify-state-on-resume', [CompletionResultType]::ParameterName, 'Whether a resume looks first if what is done is still there [default: true]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;verify' {
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'How much is compared')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'A destination root that moved, where it is now; can be repeated')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--reverify', '--reverify', [CompletionResultType]::ParameterName, 'Begin anew also when the last one was cut off')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;deep-verify' {
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'How much is compared')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Files in hand at one time, or `auto`')
            [CompletionResult]::new('--dest', '--dest', [CompletionResultType]::ParameterName, 'A destination root that moved, where it is now; can be repeated')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--reverify', '--reverify', [CompletionResultType]::ParameterName, 'Begin anew also when the last one was cut off')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;verify-status' {
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Which verification')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Only the counts')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Also the files that were found equal')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;deep-verify-status' {
            [CompletionResult]::new('--stage', '--stage', [CompletionResultType]::ParameterName, 'Which verification')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--summary', '--summary', [CompletionResultType]::ParameterName, 'Only the counts')
            [CompletionResult]::new('--full', '--full', [CompletionResultType]::ParameterName, 'Also the files that were found equal')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;status' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;log' {
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Only what concerns this file')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only from this time on, such as 2h or 2026-11-28T07:00:00')
            [CompletionResult]::new('--event', '--event', [CompletionResultType]::ParameterName, 'Only this kind of event')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--verify', '--verify', [CompletionResultType]::ParameterName, 'Prove the chain unbroken and the ledger what the trail says')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;summary' {
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Also write one self-contained page [default: summary.html in the job''s reports]')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Where the CSV goes [default: summary_report.csv in the job''s reports]')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every file in the CSV, not only those that are not done')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;pool' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Look through directories and bring their index up to date')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the pool''s directories')
            [CompletionResult]::new('has', 'has', [CompletionResultType]::ParameterValue, 'Say whether the index knows paths: exit code 0, or 1')
            [CompletionResult]::new('ensure-checksums', 'ensure-checksums', [CompletionResultType]::ParameterValue, 'Compute what is missing in the checksum cache')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;pool;add' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;pool;list' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;pool;has' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;pool;ensure-checksums' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;pool;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Look through directories and bring their index up to date')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the pool''s directories')
            [CompletionResult]::new('has', 'has', [CompletionResultType]::ParameterValue, 'Say whether the index knows paths: exit code 0, or 1')
            [CompletionResult]::new('ensure-checksums', 'ensure-checksums', [CompletionResultType]::ParameterValue, 'Compute what is missing in the checksum cache')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;pool;help;add' {
            break
        }
        'ferry;pool;help;list' {
            break
        }
        'ferry;pool;help;has' {
            break
        }
        'ferry;pool;help;ensure-checksums' {
            break
        }
        'ferry;pool;help;help' {
            break
        }
        'ferry;add-to-destination-index-pool' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;import-checksums' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Another job''s database, a checksum cache, or a list of sha256sum, b3sum or hashdeep')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What the file is')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;regenerate' {
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'What makes two files the same')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;config' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Ask, and write a configuration file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the values that hold here')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a configuration file [default: those that hold here]')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Show where configuration files are looked for')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;config;generate' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--defaults', '--defaults', [CompletionResultType]::ParameterName, 'Ask nothing, write the defaults')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace a file that is there')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;config;show' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'In which form')
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Also where each comes from')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;config;check' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;config;path' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;config;help' {
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Ask, and write a configuration file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the values that hold here')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a configuration file [default: those that hold here]')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Show where configuration files are looked for')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;config;help;generate' {
            break
        }
        'ferry;config;help;show' {
            break
        }
        'ferry;config;help;check' {
            break
        }
        'ferry;config;help;path' {
            break
        }
        'ferry;config;help;help' {
            break
        }
        'ferry;generate-config' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('--defaults', '--defaults', [CompletionResultType]::ParameterName, 'Ask nothing, write the defaults')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace a file that is there')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;completions' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;json-schema' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;man' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; before the user''s and the system''s own')
            [CompletionResult]::new('--job-dir', '--job-dir', [CompletionResultType]::ParameterName, 'Where jobs live [default: $XDG_DATA_HOME/ferry/jobs]')
            [CompletionResult]::new('--job-name', '--job-name', [CompletionResultType]::ParameterName, 'The job''s name')
            [CompletionResult]::new('--checksum-db', '--checksum-db', [CompletionResultType]::ParameterName, 'The shared checksum cache [default: checksum-cache.db in the job directory]')
            [CompletionResult]::new('--log-level', '--log-level', [CompletionResultType]::ParameterName, 'How much goes into the log file')
            [CompletionResult]::new('--log-file', '--log-file', [CompletionResultType]::ParameterName, 'The log file [default: logs/JOB.log in the job directory]')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, change nothing')
            [CompletionResult]::new('--no-input', '--no-input', [CompletionResultType]::ParameterName, 'Never ask, even in a terminal')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'One JSON document, or JSON lines where the answer is long')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Errors only')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice: still more')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'No progress bar and no progress lines')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            break
        }
        'ferry;help' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Copy folders in one go: list, hash, copy, verify, report; again: goes on where it was')
            [CompletionResult]::new('preflight', 'preflight', [CompletionResultType]::ParameterValue, 'Look at both sides, measure, advise and estimate; changes nothing')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a job')
            [CompletionResult]::new('job', 'job', [CompletionResultType]::ParameterValue, 'Make, list and change jobs')
            [CompletionResult]::new('add-source', 'add-source', [CompletionResultType]::ParameterValue, 'Add all files below directories')
            [CompletionResult]::new('add-file', 'add-file', [CompletionResultType]::ParameterValue, 'Add single files')
            [CompletionResult]::new('list-files', 'list-files', [CompletionResultType]::ParameterValue, 'Show the files of a job')
            [CompletionResult]::new('remove-file', 'remove-file', [CompletionResultType]::ParameterValue, 'Take files off the list')
            [CompletionResult]::new('analyze', 'analyze', [CompletionResultType]::ParameterValue, 'Look at sources and destinations and bring the lists up to date')
            [CompletionResult]::new('checksum', 'checksum', [CompletionResultType]::ParameterValue, 'Compute what is missing in the checksum cache')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy what is not done yet; prove each file before it counts')
            [CompletionResult]::new('resume', 'resume', [CompletionResultType]::ParameterValue, 'Go on with a copy, with the settings it had')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Compare what is done with the ledger')
            [CompletionResult]::new('deep-verify', 'deep-verify', [CompletionResultType]::ParameterValue, 'The same as `verify --stage deep`')
            [CompletionResult]::new('verify-status', 'verify-status', [CompletionResultType]::ParameterValue, 'Show what the last verification found; touches no file')
            [CompletionResult]::new('deep-verify-status', 'deep-verify-status', [CompletionResultType]::ParameterValue, 'The same as `verify-status --stage deep`')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show how far a job is')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the audit trail')
            [CompletionResult]::new('summary', 'summary', [CompletionResultType]::ParameterValue, 'Report what happened; writes summary_report.csv')
            [CompletionResult]::new('pool', 'pool', [CompletionResultType]::ParameterValue, 'Index directories whose content need not be copied again')
            [CompletionResult]::new('add-to-destination-index-pool', 'add-to-destination-index-pool', [CompletionResultType]::ParameterValue, 'The same as `pool add`')
            [CompletionResult]::new('import-checksums', 'import-checksums', [CompletionResultType]::ParameterValue, 'Take over checksums that were computed elsewhere')
            [CompletionResult]::new('regenerate', 'regenerate', [CompletionResultType]::ParameterValue, 'Rebuild what a job says of its files from what lies there')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Make, show and check configuration files')
            [CompletionResult]::new('generate-config', 'generate-config', [CompletionResultType]::ParameterValue, 'The same as `config generate`')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script')
            [CompletionResult]::new('json-schema', 'json-schema', [CompletionResultType]::ParameterValue, 'Print the JSON schema of what --json prints')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'ferry;help;run' {
            break
        }
        'ferry;help;preflight' {
            break
        }
        'ferry;help;init' {
            break
        }
        'ferry;help;job' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Make a job')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the jobs of the job directory')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a job''s roots and counts')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Delete a job''s database, logs and reports; never a copied file')
            [CompletionResult]::new('add-source', 'add-source', [CompletionResultType]::ParameterValue, 'Add all files below directories')
            [CompletionResult]::new('add-file', 'add-file', [CompletionResultType]::ParameterValue, 'Add single files')
            [CompletionResult]::new('remove-file', 'remove-file', [CompletionResultType]::ParameterValue, 'Take files off the list')
            [CompletionResult]::new('list-files', 'list-files', [CompletionResultType]::ParameterValue, 'Show the files of a job')
            [CompletionResult]::new('regenerate', 'regenerate', [CompletionResultType]::ParameterValue, 'Rebuild what a job says of its files from what lies there')
            break
        }
        'ferry;help;job;init' {
            break
        }
        'ferry;help;job;list' {
            break
        }
        'ferry;help;job;show' {
            break
        }
        'ferry;help;job;remove' {
            break
        }
        'ferry;help;job;add-source' {
            break
        }
        'ferry;help;job;add-file' {
            break
        }
        'ferry;help;job;remove-file' {
            break
        }
        'ferry;help;job;list-files' {
            break
        }
        'ferry;help;job;regenerate' {
            break
        }
        'ferry;help;add-source' {
            break
        }
        'ferry;help;add-file' {
            break
        }
        'ferry;help;list-files' {
            break
        }
        'ferry;help;remove-file' {
            break
        }
        'ferry;help;analyze' {
            break
        }
        'ferry;help;checksum' {
            break
        }
        'ferry;help;copy' {
            break
        }
        'ferry;help;resume' {
            break
        }
        'ferry;help;verify' {
            break
        }
        'ferry;help;deep-verify' {
            break
        }
        'ferry;help;verify-status' {
            break
        }
        'ferry;help;deep-verify-status' {
            break
        }
        'ferry;help;status' {
            break
        }
        'ferry;help;log' {
            break
        }
        'ferry;help;summary' {
            break
        }
        'ferry;help;pool' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Look through directories and bring their index up to date')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the pool''s directories')
            [CompletionResult]::new('has', 'has', [CompletionResultType]::ParameterValue, 'Say whether the index knows paths: exit code 0, or 1')
            [CompletionResult]::new('ensure-checksums', 'ensure-checksums', [CompletionResultType]::ParameterValue, 'Compute what is missing in the checksum cache')
            break
        }
        'ferry;help;pool;add' {
            break
        }
        'ferry;help;pool;list' {
            break
        }
        'ferry;help;pool;has' {
            break
        }
        'ferry;help;pool;ensure-checksums' {
            break
        }
        'ferry;help;add-to-destination-index-pool' {
            break
        }
        'ferry;help;import-checksums' {
            break
        }
        'ferry;help;regenerate' {
            break
        }
        'ferry;help;config' {
            [CompletionResult]::new('generate', 'generate', [CompletionResultType]::ParameterValue, 'Ask, and write a configuration file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the values that hold here')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check a configuration file [default: those that hold here]')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Show where configuration files are looked for')
            break
        }
        'ferry;help;config;generate' {
            break
        }
        'ferry;help;config;show' {
            break
        }
        'ferry;help;config;check' {
            break
        }
        'ferry;help;config;path' {
            break
        }
        'ferry;help;generate-config' {
            break
        }
        'ferry;help;completions' {
            break
        }
        'ferry;help;json-schema' {
            break
        }
        'ferry;help;man' {
            break
        }
        'ferry;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
