//! The pages of a web archive, several at a time.

use std::fs::File;
use std::io::{self, BufReader};

use crate::extract::Extractor;
use crate::pipeline::{self, Meanings, Stages, WarcPage};
use crate::warc::WarcReader;

/// So many records are read at once, or blocks of so many bytes.
const RECORDS_AT_ONCE: usize = 16;
const BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

/// A record, and what it gives or why nothing.
pub(super) struct Found {
    /// Where it begins in the file.
    pub(super) offset: u64,
    pub(super) page: Result<WarcPage, String>,
}

/// The pages of an archive.
pub(super) struct ArchivePages {
    reader: WarcReader<BufReader<File>>,
    extractor: Extractor,
    meanings: Meanings,
    page_bytes_max: usize,
}

impl ArchivePages {
    pub(super) fn of(file: File, stages: &Stages, page_bytes_max: usize) -> io::Result<ArchivePages> {
        let reader = WarcReader::new(BufReader::new(file))?;
        let (extractor, meanings) = (stages.extractor.clone(), stages.meanings.clone());
        Ok(ArchivePages { reader, extractor, meanings, page_bytes_max })
    }

    /// Bytes of the file that were read so far.
    pub(super) fn position(&self) -> u64 {
        self.reader.position()
    }

    /// What the next records give; none at the end.
    pub(super) fn read_some(mut self) -> (ArchivePages, Vec<Found>) {
        let mut all = Vec::new();
        let mut n_bytes = 0;
        while all.len() < RECORDS_AT_ONCE && n_bytes < BYTES_AT_ONCE {
            let Some(read) = self.reader.next(pipeline::warc_record_counts) else { break };
            all.push(match read {
                Ok(record) => {
                    n_bytes += record.block.len();
                    let page = pipeline::warc_page(&self.extractor, &record, self.page_bytes_max);
                    Found { offset: record.offset, page }
                }
                Err(fault) => Found { offset: fault.offset, page: Err(fault.reason) },
            });
        }
        self.meanings.note(all.iter_mut().filter_map(|found| match &mut found.page {
            Ok(WarcPage::Article(read)) => Some(&mut read.article),
            _ => None,
        }));
        (self, all)
    }
}
