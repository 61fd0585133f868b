//! The numbers of a text's pieces to a vector.
//!
//! Each piece has a row of the table. Three branches look at it with its neighbours: two of them, three and five, each by
//! a projection and two convolutions with a short cut around them. Row and branches together are normalised, summed up
//! over the text, projected, and taken through four dense layers, of which each second one has a short cut too.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, Slice, concatenate};

use super::archive::{Weights, unlike};

/// The branches: over how many pieces one looks, and how many of them stand before the piece.
const BRANCHES: [(usize, usize); 3] = [(2, 0), (3, 1), (5, 2)];

/// Up to so many rows are few: a headline and a text.
const FEW_ROWS: usize = 2;

/// The network.
#[derive(Debug)]
pub(super) struct Network {
    table: Table,
    /// The projections of all branches side by side, and what they are normalised with together.
    projection: Dense,
    norm: Norm,
    branches: Vec<Branch>,
    norm_of_all: Norm,
    projection_of_all: Dense,
    /// The dense layers: to the first, from that to the second, to the third, to the last.
    d0: Array2<f32>,
    d1: Array2<f32>,
    d2: Array2<f32>,
    d3: Array2<f32>,
    /// The short cuts around the first and the third.
    p1: Array2<f32>,
    p3: Array2<f32>,
}

impl Network {
    /// Reads the weights.
    pub(super) fn read(weights: &mut Weights) -> Result<Network, String> {
        let table = Table::read(weights)?;
        let first = weights.floats_of_any_shape("proj2")?;
        let [width, branch_width] = first.shape[..] else { return Err("proj2 is no table".to_owned()) };
        if width != table.width {
            return Err(unlike("proj2", &first.shape, &[table.width, branch_width]));
        }
        let epsilon = weights.floats_of_any_shape("eps")?.values.first().copied().ok_or("eps is empty")?;
        let all_width = width + BRANCHES.len() * branch_width;
        let narrow = weights.floats_of_any_shape("d0")?.shape.last().copied().unwrap_or_default();
        let mut read = Reader { weights };
        let side_by_side = |parts: Vec<Array2<f32>>| {
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            concatenate(Axis(1), &views).map_err(|error| error.to_string())
        };
        let behind_each_other = |parts: Vec<Array1<f32>>| Array1::from_iter(parts.into_iter().flatten());
        let mut of_branches = |name: &str| -> Result<Vec<Array1<f32>>, String> {
            BRANCHES.iter().map(|(n, _)| read.row(&format!("{name}{n}"), branch_width)).collect()
        };
        let bias = behind_each_other(of_branches("proj_b")?);
        let (gain, offset) = (behind_each_other(of_branches("ln_g")?), behind_each_other(of_branches("ln_b")?));
        let projections: Result<_, String> =
            BRANCHES.iter().map(|(n, _)| read.table(&format!("proj{n}"), width, branch_width)).collect();
        let branches: Result<_, String> =
            BRANCHES.iter().map(|of| Branch::read(&mut read, *of, branch_width)).collect();
        Ok(Network {
            projection: Dense { weights: side_by_side(projections?)?, bias },
            norm: Norm { gain, offset, epsilon },
            branches: branches?,
            norm_of_all: Norm { gain: read.row("ln_g", all_width)?, offset: read.row("ln_b", all_width)?, epsilon },
            projection_of_all: Dense {
                weights: read.table("cnn_W", all_width, width)?,
                bias: read.row("cnn_b", width)?,
            },
            d0: read.table("d0", width, narrow)?,
            d1: read.table("d1", narrow, narrow)?,
            p1: read.table("p1", width, narrow)?,
            d2: read.table("d2", narrow, width)?,
            p3: read.table("p3", narrow, width)?,
            d3: read.table("d3", width, width)?,
            table,
        })
    }

    /// How many pieces the table has.
    pub(super) fn n_pieces(&self) -> usize {
        self.table.n_pieces()
    }

    /// The vectors of texts, given the numbers of their pieces, at least one of each. They are not scaled to length 1. All
    /// at once takes less than one by one: each product of matrices begins with setting out the weights.
    pub(super) fn vectors(&self, texts: &[&[usize]]) -> Vec<Array1<f32>> {
        let width = self.table.width;
        let pieces = texts.concat();
        let rows_of: Vec<Range<usize>> = texts
            .iter()
            .scan(0, |end, text| {
                let start = std::mem::replace(end, *end + text.len());
                Some(start..*end)
            })
            .collect();
        let mut all = Array2::zeros((pieces.len(), self.norm_of_all.gain.len()));
        self.table.fill(columns_mut(&mut all, 0..width), &pieces);
        let mut projected = self.projection.of_rows(&columns(&all, 0..width));
        self.norm.apply(&mut projected);
        let (mut from, mut to) = (0, width);
        for branch in &self.branches {
            let branch_width = branch.first.bias.len();
            let rows = columns(&projected, from..from + branch_width).to_owned();
            columns_mut(&mut all, to..to + branch_width).assign(&branch.of_rows(rows, &rows_of));
            from += branch_width;
            to += branch_width;
        }
        self.norm_of_all.apply(&mut all);
        // The sum of the projections is the projection of the sum, and that is one row a text.
        let mut averaged = Array2::zeros((rows_of.len(), self.projection_of_all.bias.len()));
        let mut summed = Array2::zeros((rows_of.len(), all.ncols()));
        for (mut sum, rows) in summed.rows_mut().into_iter().zip(&rows_of) {
            sum.assign(&all.slice_axis(Axis(0), Slice::from(rows.clone())).sum_axis(Axis(0)));
        }
        let projected = product(&summed, &self.projection_of_all.weights);
        for ((mut row, projected), rows) in averaged.rows_mut().into_iter().zip(projected.rows()).zip(&rows_of) {
            let n_pieces = count(rows.len());
            row.assign(&((&projected + &(&self.projection_of_all.bias * n_pieces)) / n_pieces.sqrt()));
        }
        let first = product(&averaged, &self.d0).mapv_into(positive);
        let second = (product(&averaged, &self.p1) + product(&first, &self.d1)).mapv_into(positive);
        let third = product(&second, &self.d2).mapv_into(positive);
        let vectors = (product(&second, &self.p3) + product(&third, &self.d3)).mapv_into(f32::tanh);
        vectors.rows().into_iter().map(|row| row.to_owned()).collect()
    }
}

/// The product of rows and weights. For a few rows it takes less to go through the weights once, row by row, than to set them
/// out for a product of matrices.
fn product(rows: &Array2<f32>, weights: &Array2<f32>) -> Array2<f32> {
    if rows.nrows() > FEW_ROWS {
        return rows.dot(weights);
    }
    let mut product = Array2::zeros((rows.nrows(), weights.ncols()));
    for (inputs, weights) in rows.columns().into_iter().zip(weights.rows()) {
        for (mut outputs, input) in product.rows_mut().into_iter().zip(inputs) {
            outputs.scaled_add(*input, &weights);
        }
    }
    product
}

fn columns(rows: &Array2<f32>, columns: Range<usize>) -> ArrayView2<'_, f32> {
    rows.slice_axis(Axis(1), Slice::from(columns))
}

fn columns_mut(rows: &mut Array2<f32>, columns: Range<usize>) -> ArrayViewMut2<'_, f32> {
    rows.slice_axis_mut(Axis(1), Slice::from(columns))
}

fn positive(value: f32) -> f32 {
    value.max(0.0)
}

/// A count of pieces, which are few.
#[expect(clippy::cast_precision_loss, reason = "a text has fewer pieces than a float has digits")]
fn count(n: usize) -> f32 {
    n as f32
}

/// The rows of the pieces: bytes in so many parts, each with a scale of its own. The rows go around: piece 0 is in the first
/// part, piece 1 in the second.
#[derive(Debug)]
struct Table {
    parts: Vec<Part>,
    width: usize,
}

#[derive(Debug)]
struct Part {
    values: Vec<u8>,
    scale: f32,
    least: f32,
}

impl Table {
    fn read(weights: &mut Weights) -> Result<Table, String> {
        let scales = weights.floats_of_any_shape("scale")?.values;
        let leasts = weights.floats("lo", &[scales.len()])?;
        let mut parts = Vec::new();
        let mut shape: Option<Vec<usize>> = None;
        for (number, (scale, least)) in scales.into_iter().zip(leasts).enumerate() {
            let name = format!("q{}", number + 1);
            let part = weights.bytes(&name)?;
            let expected = shape.get_or_insert_with(|| part.shape.clone());
            if part.shape != *expected {
                return Err(unlike(&name, &part.shape, expected));
            }
            parts.push(Part { values: part.values, scale, least });
        }
        match shape.as_deref() {
            Some([rows, width]) if *rows > 0 && *width > 0 => Ok(Table { parts, width: *width }),
            _ => Err("its table of pieces is empty".to_owned()),
        }
    }

    fn n_pieces(&self) -> usize {
        self.parts.iter().map(|part| part.values.len() / self.width).sum()
    }

    fn fill(&self, mut rows: ArrayViewMut2<'_, f32>, pieces: &[usize]) {
        for (mut row, piece) in rows.rows_mut().into_iter().zip(pieces) {
            let Part { values, scale, least } = &self.parts[piece % self.parts.len()];
            let start = piece / self.parts.len() * self.width;
            for (value, byte) in row.iter_mut().zip(&values[start..start + self.width]) {
                *value = f32::from(*byte) * scale + least;
            }
        }
    }
}

/// Weights and what is added.
#[derive(Debug)]
struct Dense {
    weights: Array2<f32>,
    bias: Array1<f32>,
}

impl Dense {
    fn of_rows(&self, rows: &ArrayView2<'_, f32>) -> Array2<f32> {
        rows.dot(&self.weights) + &self.bias
    }
}

/// Rows brought to mean 0 and variance 1, then stretched and moved (Ba, Kiros, Hinton: Layer Normalization, 2016).
#[derive(Debug)]
struct Norm {
    gain: Array1<f32>,
    offset: Array1<f32>,
    epsilon: f32,
}

impl Norm {
    fn apply(&self, rows: &mut Array2<f32>) {
        let width = count(rows.ncols());
        for mut row in rows.rows_mut() {
            row -= row.sum() / width;
            let variance = square(&row.view()) / width;
            row *= (variance + self.epsilon).sqrt().recip();
            row *= &self.gain;
            row += &self.offset;
        }
    }
}

/// The square of a vector's length.
pub(super) fn square(vector: &ArrayView1<'_, f32>) -> f32 {
    vector.dot(vector)
}

/// What looks at a piece with its neighbours.
#[derive(Debug)]
struct Branch {
    n: usize,
    n_before: usize,
    first: Dense,
    second: Dense,
}

impl Branch {
    fn read(read: &mut Reader<'_>, (n, n_before): (usize, usize), width: usize) -> Result<Branch, String> {
        let mut dense = |number: usize| -> Result<Dense, String> {
            Ok(Dense {
                weights: read.table(&format!("w{number}_{n}"), n * width, width)?,
                bias: read.row(&format!("b{number}_{n}"), width)?,
            })
        };
        Ok(Branch { n, n_before, first: dense(1)?, second: dense(2)? })
    }

    fn of_rows(&self, rows: Array2<f32>, rows_of: &[Range<usize>]) -> Array2<f32> {
        let once = self.first.of_rows(&self.windows(&rows, rows_of).view()).mapv_into(positive) + rows;
        self.second.of_rows(&self.windows(&once, rows_of).view()).mapv_into(positive) + once
    }

    /// Each row with its neighbours beside it, in their order; nothing but zeros where its text has none.
    fn windows(&self, rows: &Array2<f32>, rows_of: &[Range<usize>]) -> Array2<f32> {
        let (n_rows, width) = rows.dim();
        let mut windows = Array2::zeros((n_rows, self.n * width));
        for (text, position) in rows_of.iter().flat_map(|text| (0..self.n).map(move |position| (text, position))) {
            // Row `to` looks at row `to + position - n_before`.
            let (to, from) = (self.n_before.saturating_sub(position), position.saturating_sub(self.n_before));
            let Some(n) = text.len().checked_sub(to + from) else { continue };
            let (to, from) = (text.start + to, text.start + from);
            let mut columns = columns_mut(&mut windows, position * width..(position + 1) * width);
            columns.slice_axis_inplace(Axis(0), Slice::from(to..to + n));
            columns.assign(&rows.slice_axis(Axis(0), Slice::from(from..from + n)));
        }
        windows
    }
}

/// Reads arrays of the shapes that fit.
struct Reader<'a> {
    weights: &'a mut Weights,
}

impl Reader<'_> {
    fn table(&mut self, name: &str, n_rows: usize, n_columns: usize) -> Result<Array2<f32>, String> {
        let values = self.weights.floats(name, &[n_rows, n_columns])?;
        Array2::from_shape_vec((n_rows, n_columns), values).map_err(|error| format!("{name}: {error}"))
    }

    fn row(&mut self, name: &str, n: usize) -> Result<Array1<f32>, String> {
        self.weights.floats(name, &[n]).map(Array1::from_vec)
    }
}
