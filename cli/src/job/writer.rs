//! The one thread that writes to a database: everybody else hands it a transaction and waits for the answer.

use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::JobError;

type Task = Box<dyn FnOnce(&mut Connection) + Send>;

/// Ends when it is dropped, after everything that was handed in is written.
#[derive(Debug)]
pub struct Writer {
    tasks: Option<Sender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Owns the connection from now on.
    pub fn start(mut connection: Connection) -> Self {
        let (tasks, queue) = crossbeam_channel::bounded::<Task>(64);
        let thread = std::thread::spawn(move || {
            queue.iter().for_each(|task| task(&mut connection));
            // fewer pages to read for the next reader; a failure leaves a longer log, nothing else
            let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(PASSIVE);");
        });
        Writer {
            tasks: Some(tasks),
            thread: Some(thread),
        }
    }

    /// One transaction: all of it or nothing.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, JobError> {
        self.write_later(work)?.wait()
    }

    /// The same, without waiting: the answer comes when it is written.
    pub fn write_later<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JobError> + Send + 'static,
    ) -> Result<Pending<T>, JobError> {
        self.send(move |connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = work(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        })
    }

    /// One transaction that is on storage when this returns, whatever the power does: for phase changes and decisions.
    pub fn write_durably<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, JobError> {
        self.with_connection(move |connection| {
            let before: i64 =
                connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            connection.pragma_update(None, "synchronous", before.max(2))?;
            let done = (|| {
                let transaction =
                    connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let answer = work(&transaction)?;
                transaction.commit()?;
                Ok(answer)
            })();
            connection.pragma_update(None, "synchronous", before)?;
            done
        })
    }

    /// For what is no transaction: backups, attached databases.
    pub fn with_connection<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, JobError> {
        self.send(work)?.wait()
    }

    fn send<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, JobError> + Send + 'static,
    ) -> Result<Pending<T>, JobError> {
        let (answer, answered) = crossbeam_channel::bounded(1);
        let task: Task = Box::new(move |connection| {
            // the asker may have given up: then nobody wants the answer
            let _ = answer.send(work(connection));
        });
        let tasks = self.tasks.as_ref().ok_or(JobError::WriterGone)?;
        tasks.send(task).map_err(|_| JobError::WriterGone)?;
        Ok(Pending(answered))
    }
}

/// An answer that comes later.
#[derive(Debug)]
pub struct Pending<T>(Receiver<Result<T, JobError>>);

impl<T> Pending<T> {
    /// Until it is written, or failed.
    pub fn wait(self) -> Result<T, JobError> {
        self.0.recv().map_err(|_| JobError::WriterGone)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // a panic there was already seen by whoever asked
            let _ = thread.join();
        }
    }
}
