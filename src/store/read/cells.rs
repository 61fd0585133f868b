//! The values of a row that other programs may have written to: each is read as far as it can be, and what is wrong with
//! it is noted.

use std::cell::RefCell;
use std::fmt;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};

/// A row that cannot be read as it should be: another program wrote to it, or the file is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedRow {
    /// What the row is, such as `article 5`.
    pub name: String,
    /// What is wrong with it, such as `title is not UTF-8`.
    pub faults: Vec<String>,
    /// Whether it is missing from the answer; otherwise what cannot be read is replaced there.
    pub is_left_out: bool,
}

impl fmt::Display for DamagedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.is_left_out { "left out" } else { "shown as far as it can be read" };
        write!(f, "{} is {outcome}: {}", self.name, self.faults.join(", "))
    }
}

/// The values of a row. One that cannot be read has a stand-in, and a fault is noted.
pub(in crate::store) struct Cells<'a, 'b> {
    row: &'a Row<'b>,
    faults: RefCell<Vec<String>>,
    faults_of_others: RefCell<Vec<String>>,
}

impl<'a, 'b> Cells<'a, 'b> {
    pub(in crate::store) fn new(row: &'a Row<'b>) -> Self {
        Cells { row, faults: RefCell::default(), faults_of_others: RefCell::default() }
    }

    /// A text that must be there; what is not UTF-8 in it is replaced.
    pub(in crate::store) fn text(&self, index: usize) -> String {
        self.optional_text(index).unwrap_or_else(|| {
            self.note(index, "is absent");
            String::new()
        })
    }

    /// A text; what is not UTF-8 in it is replaced.
    pub(in crate::store) fn optional_text(&self, index: usize) -> Option<String> {
        match self.row.get_ref(index) {
            Ok(ValueRef::Null) => None,
            Ok(ValueRef::Text(bytes)) => {
                let text = String::from_utf8_lossy(bytes);
                if let std::borrow::Cow::Owned(_) = text {
                    self.note(index, "is not UTF-8");
                }
                Some(text.into_owned())
            }
            _ => {
                self.note(index, "is no text");
                None
            }
        }
    }

    /// A text of another table's row that belongs to this one, which goes without it where it cannot be read.
    pub(in crate::store) fn text_of_other(&self, index: usize) -> Option<String> {
        let n_before = self.faults.borrow().len();
        let text = self.optional_text(index);
        let faults = self.faults.borrow_mut().split_off(n_before);
        let is_readable = faults.is_empty();
        self.faults_of_others.borrow_mut().extend(faults);
        text.filter(|_| is_readable)
    }

    /// What is wrong with values of other rows, which does not count as a fault of this one.
    pub(in crate::store) fn take_faults_of_others(&self) -> Vec<String> {
        self.faults_of_others.take()
    }

    /// A time, as it is written.
    pub(in crate::store) fn time(&self, index: usize) -> String {
        let time = self.text(index);
        self.require(index, time.parse::<Timestamp>().is_ok(), "is no time");
        time
    }

    /// A JSON array of texts; empty where it is none.
    pub(in crate::store) fn list(&self, index: usize) -> Vec<String> {
        serde_json::from_str(&self.text(index)).unwrap_or_else(|_| {
            self.note(index, "is no JSON array of texts");
            Vec::new()
        })
    }

    /// A number or a flag; zero or false where it is none that is possible.
    pub(in crate::store) fn value<T: FromSql + Default>(&self, index: usize) -> T {
        self.row.get(index).unwrap_or_else(|_| {
            self.note(index, "has no possible value");
            T::default()
        })
    }

    /// Notes what is wrong with a value that could be read and is none that is possible.
    pub(in crate::store) fn require(&self, index: usize, is_possible: bool, fault: &str) {
        if !is_possible {
            self.note(index, fault);
        }
    }

    /// What is wrong with the values that were read.
    pub(in crate::store) fn into_faults(self) -> Vec<String> {
        let mut faults = self.faults.into_inner();
        faults.dedup();
        faults
    }

    fn note(&self, index: usize, fault: &str) {
        let name = self.row.as_ref().column_name(index).unwrap_or("a value");
        self.faults.borrow_mut().push(format!("{name} {fault}"));
    }
}
