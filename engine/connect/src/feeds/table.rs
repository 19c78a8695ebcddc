//! Which tables a feed's messages are, and where in a message each column stands.

use guiju_feed::{FieldKind, Layout, Name, Program, Type as Wire};
use guiju_lang::{
    market::{AROUND, Table},
    schema::Column,
    ty::{DecimalType, Type, Typed},
};
use std::collections::HashSet;

/// What decimals of feeds are: every 64-bit mantissa fits with exponents from -8 to 1.
pub(super) const DECIMAL: DecimalType = DecimalType { precision: 28, scale: 8 };
/// What unsigned integers of 64 bits are, which the language's integers do not hold.
const UNSIGNED: DecimalType = DecimalType { precision: 20, scale: 0 };
/// Groups and sequences within each other beyond this are left out.
const DEEPEST: usize = 8;

/// Where a column's value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// So many sequences deep; the places of groups, and of the field in the last.
    Field(usize, Vec<usize>),
    Channel,
    Sequence,
    Time,
    /// The number of the innermost element.
    Entry,
}

/// A table of a program.
#[derive(Debug)]
pub(super) struct Plan {
    /// The template.
    pub(super) template: (Name, Option<u64>),
    /// Of each sequence on the way in: the places of groups, and of the sequence in the last.
    pub(super) sequences: Vec<Vec<usize>>,
    name: String,
    columns: Vec<(Column, Place)>,
}

impl Plan {
    pub(super) fn column(&self, name: &str) -> Option<(&Column, &Place)> {
        self.columns.iter().find(|(column, _)| column.name == name).map(|(column, place)| (column, place))
    }
}

/// The tables of a program.
pub(super) fn all(program: &Program) -> Vec<Table> {
    let table = |plan: Plan| Table { name: plan.name, columns: plan.columns.into_iter().map(|(c, _)| c).collect() };
    plans(program).into_iter().map(table).collect()
}

/// A table by its name.
pub(super) fn named(program: &Program, name: &str) -> Option<Plan> {
    plans(program).into_iter().find(|plan| plan.name == name)
}

fn plans(program: &Program) -> Vec<Plan> {
    let mut walk = Walk { program, plans: Vec::new() };
    for (name, id) in program.templates() {
        // Of two templates with one name in two namespaces, the first.
        if walk.plans.iter().all(|plan: &Plan| plan.name != name.local)
            && let Some(layout) = program.layout(&name.local)
        {
            walk.table(&(name.clone(), id), &name.local, layout, &mut Vec::new(), &[]);
        }
    }
    walk.plans
}

struct Walk<'p> {
    program: &'p Program,
    plans: Vec<Plan>,
}

/// A sequence that is to be a table: what it is called, where it stands, what its elements hold.
type Inner<'p> = (String, Vec<usize>, &'p Layout);

impl<'p> Walk<'p> {
    /// The rows of a layout, with the columns of those around it, and the tables of its sequences.
    fn table(
        &mut self,
        template: &(Name, Option<u64>),
        name: &str,
        layout: &'p Layout,
        sequences: &mut Vec<Vec<usize>>,
        around: &[(Column, Place)],
    ) {
        let level = sequences.len();
        let (mut own, mut inner) = (Vec::new(), Vec::new());
        let mut taken = HashSet::new();
        self.fields(layout, "", level, &mut Vec::new(), false, (&mut own, &mut inner, &mut taken));
        // The nearest field of a name is meant.
        let further = around.iter().filter(|(column, _)| !taken.contains(&column.name)).cloned();
        let mut columns: Vec<(Column, Place)> = own.into_iter().chain(further).collect();
        let here = columns.clone();
        let plain = [Type::Integer, Type::Integer, Type::Timestamp, Type::Integer];
        let places = [Place::Channel, Place::Sequence, Place::Time, Place::Entry];
        for ((name, ty), place) in AROUND.into_iter().zip(plain).zip(places) {
            let entry = place == Place::Entry;
            if (!entry || level > 0) && columns.iter().all(|(column, _)| column.name != name) {
                columns.push((Column { name: name.to_owned(), typed: Typed::new(ty, !entry) }, place));
            }
        }
        let template_of = template.clone();
        self.plans.push(Plan { template: template_of, sequences: sequences.clone(), name: name.to_owned(), columns });
        if level < DEEPEST {
            for (field, place, layout) in inner {
                sequences.push(place);
                self.table(template, &format!("{name}.{field}"), layout, sequences, &here);
                sequences.pop();
            }
        }
    }

    #[allow(clippy::type_complexity)] // what is found, in the order found
    fn fields(
        &self,
        layout: &'p Layout,
        group: &str,
        level: usize,
        path: &mut Vec<usize>,
        optional: bool,
        (columns, inner, taken): (&mut Vec<(Column, Place)>, &mut Vec<Inner<'p>>, &mut HashSet<String>),
    ) {
        for (at, field) in layout.fields().iter().enumerate() {
            path.push(at);
            let local = &field.name.local;
            // A second field of a name, in a group, is called after its group.
            let name =
                if taken.contains(local) && !group.is_empty() { format!("{group}_{local}") } else { local.clone() };
            let may_miss = optional || field.optional;
            match (field.kind, self.program.inside(field)) {
                (FieldKind::Scalar(wire), _) if !name.is_empty() && taken.insert(name.clone()) => {
                    let typed = Typed::new(Self::ty(wire), may_miss);
                    columns.push((Column { name, typed }, Place::Field(level, path.clone())));
                }
                (FieldKind::Group(_), Some(layout)) if path.len() < DEEPEST => {
                    self.fields(layout, local, level, path, may_miss, (columns, inner, taken));
                }
                (FieldKind::Sequence(_), Some(layout)) => inner.push((name, path.clone(), layout)),
                // A message of any template in a message has no columns.
                _ => {}
            }
            path.pop();
        }
    }

    const fn ty(wire: Wire) -> Type {
        match wire {
            Wire::Unsigned(64) => Type::Decimal(UNSIGNED),
            Wire::Unsigned(_) | Wire::Signed(_) => Type::Integer,
            Wire::Decimal => Type::Decimal(DECIMAL),
            Wire::Ascii | Wire::Unicode | Wire::Bytes => Type::Text,
        }
    }
}
