//! One Parquet file: its columns, and its rows a group at a time.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type as Field, TypePtr};
use usage_store::report::Number;

use super::super::columns::{Columns, FIXED, OTHER, Type};
use super::super::limits::GROUP_MAX_ROWS;
use super::super::row::{Row, Said};

/// What a text costs in memory beside its bytes.
const TEXT_OVERHEAD_BYTES: usize = 96;

/// Of the columns that every row has, the first are times.
const TIMES: usize = 2;

/// A file that grows.
pub(in crate::export) struct Table<W: Write + Send> {
    columns: Columns,
    writer: SerializedFileWriter<W>,
    group: Vec<Column>,
    rows: usize,
    /// About what the group takes in memory.
    bytes: usize,
    bytes_max: usize,
}

/// A column of the group: whether each row has something, and what.
struct Column {
    there: Vec<i16>,
    values: Values,
}

enum Values {
    Text(Vec<ByteArray>),
    Flag(Vec<bool>),
    Int(Vec<i64>),
    Float(Vec<f64>),
}

impl Column {
    fn new(physical: parquet::basic::Type) -> Column {
        Column {
            there: Vec::new(),
            values: match physical {
                parquet::basic::Type::BOOLEAN => Values::Flag(Vec::new()),
                parquet::basic::Type::INT64 => Values::Int(Vec::new()),
                parquet::basic::Type::DOUBLE => Values::Float(Vec::new()),
                _ => Values::Text(Vec::new()),
            },
        }
    }

    fn none(&mut self) {
        self.there.push(0);
    }

    /// Adds a text; how much memory it takes.
    fn text(&mut self, text: Option<&str>) -> usize {
        match (&mut self.values, text) {
            (Values::Text(values), Some(text)) => {
                self.there.push(1);
                values.push(ByteArray::from(Bytes::copy_from_slice(text.as_bytes())));
                text.len() + TEXT_OVERHEAD_BYTES
            }
            _ => {
                self.none();
                0
            }
        }
    }

    fn time(&mut self, at: Timestamp) {
        if let Values::Int(values) = &mut self.values {
            values.push(at.as_millisecond());
        }
        self.there.push(1);
    }

    fn said(&mut self, said: Option<Said<'_>>) -> usize {
        let is_there = match (&mut self.values, said) {
            (Values::Text(_), Some(Said::Tag(text) | Said::Text(text))) => {
                return self.text(Some(text));
            }
            (Values::Text(_), Some(Said::Flag(flag))) => {
                return self.text(Some(if flag { "true" } else { "false" }));
            }
            (Values::Flag(values), Some(Said::Flag(flag))) => {
                values.push(flag);
                true
            }
            (Values::Int(values), Some(Said::Number(Number::Int(n)))) => {
                values.push(n);
                true
            }
            // Unsigned columns have the same bits.
            (Values::Int(values), Some(Said::Number(Number::UInt(n)))) => {
                values.push(n as i64);
                true
            }
            (Values::Float(values), Some(Said::Number(number))) => {
                values.push(match number {
                    Number::Int(n) => n as f64,
                    Number::UInt(n) => n as f64,
                    Number::Float(n) => n,
                });
                true
            }
            _ => false,
        };
        self.there.push(i16::from(is_there));
        size_of::<i64>()
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> io::Result<()> {
        let there = Some(&self.there[..]);
        let written = match &self.values {
            Values::Text(values) => writer
                .typed::<ByteArrayType>()
                .write_batch(values, there, None),
            Values::Flag(values) => writer.typed::<BoolType>().write_batch(values, there, None),
            Values::Int(values) => writer.typed::<Int64Type>().write_batch(values, there, None),
            Values::Float(values) => writer
                .typed::<DoubleType>()
                .write_batch(values, there, None),
        };
        written.map_err(io::Error::other)?;
        self.there.clear();
        match &mut self.values {
            Values::Text(values) => values.clear(),
            Values::Flag(values) => values.clear(),
            Values::Int(values) => values.clear(),
            Values::Float(values) => values.clear(),
        }
        Ok(())
    }
}

fn field(name: &str, kind: Type, logical: Option<LogicalType>) -> io::Result<TypePtr> {
    use parquet::basic::Type as Physical;
    let (physical, of_kind) = match kind {
        Type::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Type::Flag => (Physical::BOOLEAN, None),
        Type::Int => (Physical::INT64, None),
        Type::UInt => (Physical::INT64, Some(LogicalType::integer(64, false))),
        Type::Float => (Physical::DOUBLE, None),
    };
    let field = Field::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical.or(of_kind))
        .build();
    field.map(Arc::new).map_err(io::Error::other)
}

fn schema(columns: &Columns) -> io::Result<TypePtr> {
    let time = LogicalType::timestamp(true, TimeUnit::MILLIS);
    let mut fields = Vec::new();
    for (at, name) in FIXED.iter().enumerate() {
        fields.push(match at < TIMES {
            true => field(name, Type::Int, Some(time.clone()))?,
            false => field(name, Type::Text, None)?,
        });
    }
    for column in &columns.all {
        fields.push(field(&column.name, column.kind, None)?);
    }
    fields.push(field(OTHER, Type::Text, None)?);
    let schema = Field::group_type_builder("observation").with_fields(fields);
    schema.build().map(Arc::new).map_err(io::Error::other)
}

impl<W: Write + Send> Table<W> {
    /// Begins one; a row group is written when it takes `bytes_max` in memory.
    pub(in crate::export) fn begin(
        file: W,
        columns: Columns,
        bytes_max: usize,
    ) -> io::Result<Table<W>> {
        let schema = schema(&columns)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(format!("usage-server {}", env!("CARGO_PKG_VERSION")))
            .build();
        let fields = schema.get_fields().iter();
        let group = fields.map(|field| Column::new(field.get_physical_type()));
        let group = group.collect();
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties));
        Ok(Table {
            writer: writer.map_err(io::Error::other)?,
            columns,
            group,
            rows: 0,
            bytes: 0,
            bytes_max,
        })
    }

    /// Adds a row.
    pub(in crate::export) fn add(&mut self, row: &Row<'_>) -> io::Result<()> {
        let report = row.report;
        let mut cells = Vec::new();
        let rest = self.columns.place(row, &mut cells);
        let texts = [
            Some(report.kind.name()),
            Some(&*report.product),
            row.organization,
            row.point.cluster_id.as_deref(),
            row.point.server_id.as_deref(),
            row.host.as_deref(),
            row.version.as_deref(),
            row.point.name.as_deref(),
        ];
        self.bytes += self.group.len() * size_of::<i16>();
        let (fixed, named) = self.group.split_at_mut(FIXED.len());
        fixed[0].time(report.at());
        fixed[1].time(report.received_at);
        for (column, text) in fixed[TIMES..].iter_mut().zip(texts) {
            self.bytes += column.text(text);
        }
        for (column, said) in named.iter_mut().zip(cells) {
            self.bytes += column.said(said);
        }
        if let Some(other) = named.last_mut() {
            self.bytes += other.text(rest.as_deref());
        }
        self.rows += 1;
        if self.rows >= GROUP_MAX_ROWS || self.bytes >= self.bytes_max {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the group.
    fn flush(&mut self) -> io::Result<()> {
        let mut group = self.writer.next_row_group().map_err(io::Error::other)?;
        for column in &mut self.group {
            if let Some(mut writer) = group.next_column().map_err(io::Error::other)? {
                column.write(&mut writer)?;
                writer.close().map_err(io::Error::other)?;
            }
        }
        group.close().map_err(io::Error::other)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Writes the rest.
    pub(in crate::export) fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.writer.into_inner().map_err(io::Error::other)
    }
}

impl Table<Vec<u8>> {
    /// Moves what was written so far.
    pub(in crate::export) fn take(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.writer.flush()?;
        out.append(self.writer.inner_mut());
        Ok(())
    }
}
