//! What a form is: how a value that cannot be serialized itself is written, alone and within others.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a value is written and read. Named as `serde(with)` wants it.
pub(super) trait Form {
    /// The value.
    type Value;

    fn serialize<S: Serializer>(value: &Self::Value, serializer: S) -> Result<S::Ok, S::Error>;

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error>;
}

/// Makes a [`Form`] of what `serde(remote)` derives.
macro_rules! forms {
    ($($form:ident of $value:ty;)*) => {$(
        impl crate::queue::wire::form::Form for $form {
            type Value = $value;

            fn serialize<S: serde::Serializer>(value: &$value, serializer: S) -> Result<S::Ok, S::Error> {
                // The derived function, which goes before that of the trait.
                $form::serialize(value, serializer)
            }

            fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<$value, D::Error> {
                $form::deserialize(deserializer)
            }
        }
    )*};
}

pub(super) use forms;

/// A list of them.
pub(super) struct Many<F>(PhantomData<F>);

impl<F: Form> Form for Many<F> {
    type Value = Vec<F::Value>;

    fn serialize<S: Serializer>(values: &Vec<F::Value>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(Written::<F>))
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<F::Value>, D::Error> {
        let values: Vec<Read<F>> = Deserialize::deserialize(deserializer)?;
        Ok(values.into_iter().map(|Read(value)| value).collect())
    }
}

/// One, or none. The field says `default` and `skip_serializing_if`, so that none is left out.
pub(super) struct Maybe<F>(PhantomData<F>);

impl<F: Form> Form for Maybe<F> {
    type Value = Option<F::Value>;

    fn serialize<S: Serializer>(value: &Option<F::Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Written::<F>).serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<F::Value>, D::Error> {
        let value: Option<Read<F>> = Deserialize::deserialize(deserializer)?;
        Ok(value.map(|Read(value)| value))
    }
}

/// One that is there where its field is, also where that is `null`.
pub(super) struct There<F>(PhantomData<F>);

impl<F: Form> Form for There<F> {
    type Value = Option<F::Value>;

    fn serialize<S: Serializer>(value: &Option<F::Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Written::<F>).serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<F::Value>, D::Error> {
        F::deserialize(deserializer).map(Some)
    }
}

/// One in a box.
pub(super) struct Boxed<F>(PhantomData<F>);

impl<F: Form> Form for Boxed<F> {
    type Value = Box<F::Value>;

    fn serialize<S: Serializer>(value: &Box<F::Value>, serializer: S) -> Result<S::Ok, S::Error> {
        F::serialize(value, serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<F::Value>, D::Error> {
        F::deserialize(deserializer).map(Box::new)
    }
}

struct Written<'a, F: Form>(&'a F::Value);

impl<F: Form> Serialize for Written<'_, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        F::serialize(self.0, serializer)
    }
}

struct Read<F: Form>(F::Value);

impl<'de, F: Form> Deserialize<'de> for Read<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        F::deserialize(deserializer).map(Read)
    }
}

/// Reads a value from a text, which the rule is told of that it breaks.
pub(super) fn read_text<'de, D: Deserializer<'de>, V>(
    deserializer: D,
    read: fn(&str) -> Result<V, String>,
) -> Result<V, D::Error> {
    deserializer.deserialize_str(TextVisitor(read))
}

struct TextVisitor<V>(fn(&str) -> Result<V, String>);

impl<V> Visitor<'_> for TextVisitor<V> {
    type Value = V;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V, E> {
        (self.0)(text).map_err(E::custom)
    }
}
