//! A read-only connection to the database, beside a running daemon or without one.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row, ToSql};

use crate::model::HostMemory;
use crate::store::file::error::StoreError;
use crate::store::file::host_memory;
use crate::store::file::identity;
use crate::store::file::lock::has_other_names;
use crate::store::file::open::{OpenedForReading, STEPS_PER_LOOK, open_for_reading};
use crate::store::file::volumes::{Unread, Volumes, closed};
use crate::store::read::article_filter::Parameters;
use crate::store::read::cells::{Cells, DamagedRow};
use crate::store::read::salvage;

/// How long a reader waits for a lock. In WAL mode it hardly ever waits.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A read-only connection. The other files of this folder add the questions that it answers.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    is_at_rest: bool,
    cut_off: Option<String>,
    path: PathBuf,
    damage: RefCell<Vec<DamagedRow>>,
    /// Whether rows are left out since their texts stand in volumes that cannot be read.
    leaves_out_texts: Cell<bool>,
    volumes: Arc<Volumes>,
}

impl Reader {
    /// Opens the database for reading.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where there is none, and whatever else keeps it from being read.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        let OpenedForReading { connection, is_at_rest, cut_off, volumes } = open_for_reading(path, BUSY_TIMEOUT)?;
        // Of a damaged file what can be read is asked for later.
        volumes.learn(&closed(&connection).unwrap_or_default());
        Ok(Reader {
            connection,
            is_at_rest,
            cut_off,
            path: path.to_owned(),
            damage: RefCell::default(),
            leaves_out_texts: Cell::default(),
            volumes,
        })
    }

    /// Whether the file is read as it lies, since SQLite cannot have its files beside it: what somebody writes meanwhile is not seen.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.is_at_rest
    }

    /// Whether the file has other names (hard links). What somebody writes by one of them may not be seen. A snapshot is never written.
    #[must_use]
    pub fn has_other_names(&self) -> bool {
        has_other_names(&self.path) && !self.is_snapshot().unwrap_or(false)
    }

    /// How much of the file is there, where its end is missing: what can be read of it is.
    #[must_use]
    pub fn cut_off(&self) -> Option<&str> {
        self.cut_off.as_deref()
    }

    /// The file that is read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The rows that could not be read as they should be since this was asked last. One such row costs itself and not the
    /// answer.
    #[must_use]
    pub fn take_damage(&self) -> Vec<DamagedRow> {
        let mut damage = self.damage.take();
        let is_left_out = self.leaves_out_texts.replace(false);
        damage.extend(self.volumes.take_unread().into_iter().map(|Unread { month, fault, n_texts }| {
            let texts = match n_texts {
                0 => String::new(),
                1 => "a text of ".to_owned(),
                n => format!("{n} texts of "),
            };
            DamagedRow {
                name: format!("{texts}the volume {month}"),
                faults: vec![fault],
                is_left_out: is_left_out || n_texts == 0,
            }
        }));
        damage
    }

    /// Puts several questions to one state of the file, whatever is written meanwhile.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, and those of the questions.
    pub fn at_one_moment<T, E: From<StoreError>>(
        &self,
        questions: impl FnOnce(&Reader) -> Result<T, E>,
    ) -> Result<T, E> {
        let moment = self.connection.unchecked_transaction().map_err(StoreError::from)?;
        let answer = questions(self)?;
        moment.finish().map_err(StoreError::from)?;
        Ok(answer)
    }

    /// What hosts have said that is believed still, as the last process that ingested wrote it down.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn host_memory(&self, now: Timestamp) -> Result<HostMemory, StoreError> {
        Ok(host_memory::load(&self.connection, now)?)
    }

    /// Ends the question that is being answered, from another thread. It fails then.
    pub fn interrupter(&self) -> impl Fn() + Send + use<> {
        let handle = self.connection.get_interrupt_handle();
        move || handle.interrupt()
    }

    /// Has every question that is being answered fail once this is true.
    ///
    /// # Errors
    ///
    /// When SQLite refuses to be watched.
    pub fn end_when(&self, is_stopped: Arc<AtomicBool>) -> Result<(), StoreError> {
        let look = move || is_stopped.load(Ordering::Relaxed);
        Ok(self.connection.progress_handler(STEPS_PER_LOOK, Some(look))?)
    }

    /// The version of the schema.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn schema_version(&self) -> Result<i64, StoreError> {
        Ok(self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    /// Whether the file is a snapshot: public tables without the state of the daemon that filled them.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn is_snapshot(&self) -> Result<bool, StoreError> {
        Ok(identity::is_snapshot(&self.connection)?)
    }

    /// Refuses a snapshot where a question needs what only the database holds.
    pub(in crate::store) fn needs_the_database(&self, what: &str) -> Result<(), StoreError> {
        if self.is_snapshot()? {
            let reason = format!("without {what}; name the database that it was taken from");
            return Err(StoreError::Snapshot { path: self.path().display().to_string(), reason });
        }
        Ok(())
    }

    /// Runs a query and reads all its rows.
    pub(in crate::store) fn rows<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(parameters, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Runs a query and reads those of its rows that can be read. The others are noted under their names.
    pub(in crate::store) fn readable_rows<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        name: impl Fn(&T) -> String,
        read: impl Fn(&Cells<'_, '_>) -> T,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(sql, parameters, |row| Ok(self.readable(row, &name, &read)))?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// A row, if it can be read. Otherwise it is noted, and left out.
    pub(in crate::store) fn readable<T>(
        &self,
        row: &Row<'_>,
        name: impl FnOnce(&T) -> String,
        read: impl FnOnce(&Cells<'_, '_>) -> T,
    ) -> Option<T> {
        let cells = Cells::new(row);
        let value = read(&cells);
        let faults_of_others = cells.take_faults_of_others();
        let faults = cells.into_faults();
        if faults.is_empty() {
            if !faults_of_others.is_empty() {
                let name = format!("what belongs to {}", name(&value));
                self.note_damage(DamagedRow { name, faults: faults_of_others, is_left_out: true });
            }
            return Some(value);
        }
        if self.is_of_volume(&faults) {
            self.leaves_out_texts.set(true);
        } else {
            self.note_damage(DamagedRow { name: name(&value), faults, is_left_out: true });
        }
        None
    }

    /// Whether nothing is wrong with a row but that its text stands in a volume that cannot be read, which is told once for all.
    pub(in crate::store) fn is_of_volume(&self, faults: &[String]) -> bool {
        faults == ["body is absent"] && self.volumes.has_unread()
    }

    /// The files with the texts of months that are closed.
    pub(in crate::store) fn volumes(&self) -> &Volumes {
        &self.volumes
    }

    /// What belongs to something that can be read. Where it lies on a damaged page it is noted under this name, and left out.
    pub(in crate::store) fn unless_damaged<T: Default>(
        &self,
        answer: Result<T, StoreError>,
        name: impl FnOnce() -> String,
    ) -> Result<T, StoreError> {
        match answer {
            Err(StoreError::Malformed { .. }) => {
                self.note_damage(salvage::left_out(name()));
                Ok(T::default())
            }
            answer => answer,
        }
    }

    /// How many rows could not be read.
    pub(in crate::store) fn n_damaged(&self) -> usize {
        self.damage.borrow().len()
    }

    /// Forgets the damaged rows behind the first `n`: they will be asked for again.
    pub(in crate::store) fn forget_damage_after(&self, n: usize) {
        self.damage.borrow_mut().truncate(n);
    }

    /// Remembers a damaged row.
    pub(in crate::store) fn note_damage(&self, row: DamagedRow) {
        self.damage.borrow_mut().push(row);
    }

    /// The connection, for queries of another shape.
    pub(in crate::store) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Rows that are in memory at one time where all are gone through: some megabytes of them.
pub(in crate::store) const ROWS_AT_ONCE: usize = 2000;

/// Passes the rows of these (numbers, mostly) to `visit`, of which `read` reads some at a time.
pub(in crate::store) fn in_parts<K, T, E: From<StoreError>>(
    all: &[K],
    read: impl Fn(&[K]) -> Result<Vec<T>, StoreError>,
    visit: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    in_parts_of(ROWS_AT_ONCE, all, read, visit)
}

/// The same, so many at a time.
pub(in crate::store) fn in_parts_of<K, T, E: From<StoreError>>(
    n_at_once: usize,
    all: &[K],
    read: impl Fn(&[K]) -> Result<Vec<T>, StoreError>,
    mut visit: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    all.chunks(n_at_once).try_for_each(|part| read(part)?.into_iter().try_for_each(&mut visit))
}

/// The numbers that a query tells.
pub(in crate::store) fn ids_of(
    connection: &Connection,
    sql: &str,
    parameters: &Parameters,
) -> rusqlite::Result<Vec<i64>> {
    let parameters: Vec<(&str, &dyn ToSql)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
    let mut statement = connection.prepare(sql)?;
    let ids = statement.query_map(parameters.as_slice(), |row| row.get(0))?;
    ids.collect()
}

/// Numbers as the parameter of `rarray()`.
pub(in crate::store) fn list(ids: &[i64]) -> Rc<Vec<Value>> {
    Rc::new(ids.iter().map(|id| Value::Integer(*id)).collect())
}
