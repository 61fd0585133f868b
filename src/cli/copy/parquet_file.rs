//! Articles as a Parquet file: typed columns, for pandas and whoever else reads tables.
//!
//! The same articles give the same bytes, whoever writes them and when: no time and no build stands in the file.

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::{Compression, ConvertedType, GzipLevel, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use crate::store::DocumentRow;

/// What the file says of its writer: the version of this form of it, and not of the program.
const CREATED_BY: &str = "newswire-parquet version 1.0.0";

/// Text that is gathered before it is written as one row group: what is held in memory, and what a reader unpacks at a
/// time. Small ones pack worse, large ones cost memory on both sides.
const ROW_GROUP_BYTES: usize = 32 * 1024 * 1024;

/// Rows of a group at most, however short their texts are.
const ROW_GROUP_ROWS: usize = 100_000;

/// Columns of texts that are all different, for which a dictionary is of no use.
const WITHOUT_DICTIONARY: [&str; 5] = ["url", "title", "image_url", "sha256", "body"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// INT64.
    Id,
    /// INT32.
    Count,
    /// UTF-8 text.
    Text,
    /// Days since 1970, as a date.
    Day,
    /// Milliseconds since 1970 UTC, as a timestamp.
    Time,
    /// A list of texts.
    Texts,
}

/// A value; `Null` where there is none.
enum Cell {
    Null,
    Long(i64),
    Int(i32),
    Text(String),
    Texts(Vec<String>),
}

/// The columns, in the order of the file. A later one is added at the end.
pub(super) const COLUMNS: [(&str, Kind); 30] = [
    ("id", Kind::Id),
    ("url", Kind::Text),
    ("title", Kind::Text),
    ("date", Kind::Day),
    ("published_at", Kind::Time),
    ("date_precision", Kind::Text),
    ("published_offset", Kind::Text),
    ("date_source", Kind::Text),
    ("modified_at", Kind::Time),
    ("authors", Kind::Texts),
    ("language", Kind::Text),
    ("source", Kind::Text),
    ("sources", Kind::Texts),
    ("site_name", Kind::Text),
    ("section", Kind::Text),
    ("keywords", Kind::Texts),
    ("image_url", Kind::Text),
    ("words", Kind::Count),
    ("body_kind", Kind::Text),
    ("quality", Kind::Count),
    ("quality_reasons", Kind::Texts),
    ("reservations", Kind::Texts),
    ("duplicate_of", Kind::Id),
    ("duplicate_kind", Kind::Text),
    ("first_seen_at", Kind::Time),
    ("updated_at", Kind::Time),
    ("removed_at", Kind::Time),
    ("revision", Kind::Count),
    ("sha256", Kind::Text),
    ("body", Kind::Text),
];

fn cells(row: DocumentRow) -> [Cell; COLUMNS.len()] {
    let DocumentRow { article, sources } = row;
    let listed = article.row;
    let count = |number: u32| Cell::Int(i32::try_from(number).unwrap_or(i32::MAX));
    [
        Cell::Long(listed.id),
        text(listed.url),
        text(listed.title),
        day(listed.date.as_deref()),
        time(listed.published_at.as_deref()),
        text(listed.date_precision),
        text(article.published_offset),
        text(article.date_source),
        time(article.modified_at.as_deref()),
        Cell::Texts(article.authors),
        text(listed.language),
        text(listed.source),
        Cell::Texts(sources),
        text(article.site_name),
        text(article.section),
        Cell::Texts(article.keywords),
        text(article.image_url),
        count(listed.words),
        Cell::Text(listed.body_kind),
        count(listed.quality.into()),
        Cell::Texts(article.quality_reasons),
        Cell::Texts(article.reservations),
        listed.duplicate_of.map_or(Cell::Null, Cell::Long),
        text(listed.duplicate_kind),
        time(Some(&article.first_seen_at)),
        time(Some(&article.updated_at)),
        time(article.removed_at.as_deref()),
        count(listed.revision),
        Cell::Text(article.sha256),
        Cell::Text(article.body),
    ]
}

fn text(text: Option<String>) -> Cell {
    text.map_or(Cell::Null, Cell::Text)
}

fn time(text: Option<&str>) -> Cell {
    let instant = text.and_then(|text| text.parse::<Timestamp>().ok());
    instant.map_or(Cell::Null, |instant| Cell::Long(instant.as_millisecond()))
}

/// Days since 1970 of a day as `YYYYMMDD`.
fn day(text: Option<&str>) -> Cell {
    let date = text.and_then(|text| Date::strptime("%Y%m%d", text).ok());
    let days = date.and_then(|date| date.since(Date::constant(1970, 1, 1)).ok()).map(|span| span.get_days());
    days.map_or(Cell::Null, Cell::Int)
}

/// A Parquet file that is being written.
pub(super) struct ParquetFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Vec<Cell>>,
    n_bytes: usize,
    group_bytes: usize,
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file.
    pub(super) fn begin(out: W) -> Result<Self, ParquetError> {
        let writer = SerializedFileWriter::new(out, schema()?, Arc::new(properties()))?;
        Ok(ParquetFile { writer, columns: empty_columns(), n_bytes: 0, group_bytes: ROW_GROUP_BYTES })
    }

    /// Adds an article.
    pub(super) fn add(&mut self, row: DocumentRow) -> Result<(), ParquetError> {
        self.n_bytes += row.article.body.len();
        for (column, cell) in self.columns.iter_mut().zip(cells(row)) {
            column.push(cell);
        }
        let is_full = self.n_bytes >= self.group_bytes || self.columns[0].len() >= ROW_GROUP_ROWS;
        if is_full { self.write_group() } else { Ok(()) }
    }

    /// Writes what is gathered, and the end of the file.
    pub(super) fn finish(mut self) -> Result<W, ParquetError> {
        if !self.columns[0].is_empty() {
            self.write_group()?;
        }
        self.writer.into_inner()
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        let columns = std::mem::replace(&mut self.columns, empty_columns());
        for ((_, kind), cells) in COLUMNS.into_iter().zip(columns) {
            let Some(mut column) = group.next_column()? else { break };
            write_column(&mut column, kind, cells)?;
            column.close()?;
        }
        group.close()?;
        self.n_bytes = 0;
        Ok(())
    }
}

fn empty_columns() -> Vec<Vec<Cell>> {
    COLUMNS.iter().map(|_| Vec::new()).collect()
}

fn properties() -> WriterProperties {
    // What packs is in the program already, for content codings.
    let compression = Compression::GZIP(GzipLevel::default());
    let mut properties = WriterProperties::builder().set_created_by(CREATED_BY.to_owned()).set_compression(compression);
    for column in WITHOUT_DICTIONARY {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    properties.build()
}

fn schema() -> Result<TypePtr, ParquetError> {
    let fields = COLUMNS.iter().map(|(name, kind)| field(name, *kind).map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("articles").with_fields(fields).build()?))
}

/// A column may be empty in any row, but for lists, which may have no element.
fn field(name: &str, kind: Kind) -> Result<Type, ParquetError> {
    let primitive = |physical: PhysicalType, logical: Option<LogicalType>| {
        Type::primitive_type_builder(name, physical).with_logical_type(logical).with_repetition(Repetition::OPTIONAL)
    };
    match kind {
        Kind::Id => primitive(PhysicalType::INT64, None).build(),
        Kind::Count => primitive(PhysicalType::INT32, None).build(),
        Kind::Text => primitive(PhysicalType::BYTE_ARRAY, Some(LogicalType::String)).build(),
        Kind::Day => primitive(PhysicalType::INT32, Some(LogicalType::Date)).build(),
        Kind::Time => {
            let milliseconds = LogicalType::timestamp(true, TimeUnit::MILLIS);
            primitive(PhysicalType::INT64, Some(milliseconds)).build()
        }
        Kind::Texts => {
            let element = Type::primitive_type_builder("element", PhysicalType::BYTE_ARRAY)
                .with_logical_type(Some(LogicalType::String))
                .with_repetition(Repetition::REQUIRED)
                .build()?;
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![Arc::new(element)])
                .build()?;
            Type::group_type_builder(name)
                .with_logical_type(Some(LogicalType::List))
                .with_converted_type(ConvertedType::LIST)
                .with_repetition(Repetition::REQUIRED)
                .with_fields(vec![Arc::new(list)])
                .build()
        }
    }
}

fn write_column(column: &mut SerializedColumnWriter<'_>, kind: Kind, cells: Vec<Cell>) -> Result<(), ParquetError> {
    match kind {
        Kind::Id | Kind::Time => write_values::<Int64Type>(column, cells, |cell| match cell {
            Cell::Long(number) => Some(number),
            _ => None,
        }),
        Kind::Count | Kind::Day => write_values::<Int32Type>(column, cells, |cell| match cell {
            Cell::Int(number) => Some(number),
            _ => None,
        }),
        Kind::Text => write_values::<ByteArrayType>(column, cells, |cell| match cell {
            Cell::Text(text) => Some(text.into_bytes().into()),
            _ => None,
        }),
        Kind::Texts => write_lists(column, cells),
    }
}

/// Values of which each may be absent: level 1 stands for one that is there.
fn write_values<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    cells: Vec<Cell>,
    value: impl Fn(Cell) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let cells: Vec<Option<T::T>> = cells.into_iter().map(value).collect();
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    column.typed::<T>().write_batch(&values, Some(&levels), None).map(|_| ())
}

/// Lists, flat: level 1 stands for an element that is there, and repetition 0 for the first of its row.
fn write_lists(column: &mut SerializedColumnWriter<'_>, cells: Vec<Cell>) -> Result<(), ParquetError> {
    let (mut values, mut levels, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let texts = if let Cell::Texts(texts) = cell { texts } else { Vec::new() };
        if texts.is_empty() {
            levels.push(0);
            repetitions.push(0);
        }
        for (position, text) in texts.into_iter().enumerate() {
            levels.push(1);
            repetitions.push(i16::from(position > 0));
            values.push(ByteArray::from(text.into_bytes()));
        }
    }
    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), Some(&repetitions)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;
    use crate::store::{ArticleDetails, ArticleRow};

    fn document(id: i64, date: Option<&str>, authors: &[&str]) -> DocumentRow {
        let row = ArticleRow {
            id,
            published_at: date.map(|_| "1969-12-31T23:59:59Z".to_owned()),
            date_precision: None,
            date: date.map(str::to_owned),
            source: None,
            source_title: None,
            language: None,
            words: 3,
            body_kind: "full".to_owned(),
            quality: 90,
            title: Some(format!("Ferry {id}")),
            url: None,
            duplicate_of: None,
            duplicate_kind: None,
            revision: 1,
        };
        let article = ArticleDetails {
            row,
            body: "A text of\nsome words.".to_owned(),
            authors: authors.iter().map(|&name| name.to_owned()).collect(),
            date_source: None,
            published_offset: None,
            modified_at: None,
            site_name: None,
            section: None,
            keywords: Vec::new(),
            image_url: None,
            quality_reasons: Vec::new(),
            first_seen_at: "2026-11-20T07:00:00Z".to_owned(),
            updated_at: "2026-11-20T07:00:00Z".to_owned(),
            sha256: "00".to_owned(),
            removed_at: None,
            reservations: Vec::new(),
        };
        DocumentRow { article, sources: vec!["wire".to_owned()] }
    }

    fn written(rows: Vec<DocumentRow>, group_bytes: usize) -> Vec<u8> {
        let mut file = ParquetFile::begin(Vec::new()).unwrap();
        file.group_bytes = group_bytes;
        for row in rows {
            file.add(row).unwrap();
        }
        file.finish().unwrap()
    }

    #[test]
    fn days_and_lists_are_read_as_they_were_written() {
        let rows = vec![
            document(1, Some("19691231"), &["Ana", "Bo"]),
            document(2, None, &[]),
            document(3, Some("20240229"), &["Cy"]),
        ];
        let file = SerializedFileReader::new(bytes_of(written(rows, ROW_GROUP_BYTES))).unwrap();
        let rows: Vec<String> = file.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(rows.len(), 3);
        for (row, parts) in rows.iter().zip([
            ["id: 1,", "date: 1969-12-31", "1969-12-31 23:59:59", "authors: [\"Ana\", \"Bo\"]"],
            ["id: 2,", "date: null", "published_at: null", "authors: []"],
            ["id: 3,", "date: 2024-02-29", "2026-11-20 07:00:00", "authors: [\"Cy\"]"],
        ]) {
            for part in parts {
                assert!(row.contains(part), "{part} is not in {row}");
            }
        }
    }

    #[test]
    fn groups_are_bounded_by_their_text_and_the_same_rows_give_the_same_bytes() {
        let rows = || (0..10).map(|id| document(id, Some("20261120"), &["Ana"])).collect::<Vec<_>>();
        let bytes = written(rows(), 50);
        assert_eq!(bytes, written(rows(), 50));
        let file = SerializedFileReader::new(bytes_of(bytes)).unwrap();
        let groups: Vec<i64> = file.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
        assert_eq!(groups, [3, 3, 3, 1]);
        assert_eq!(file.metadata().file_metadata().created_by(), Some(CREATED_BY));
        let empty = SerializedFileReader::new(bytes_of(written(Vec::new(), 50))).unwrap();
        assert_eq!(empty.metadata().file_metadata().num_rows(), 0);
    }

    fn bytes_of(bytes: Vec<u8>) -> Bytes {
        bytes.into()
    }
}
