//! Tables of databases are copied before a run reads them: of each connection once, all of them in one state.

use crate::{
    feed::{Progress, Watch},
    project::Project,
};
use guiju_connect::{
    config::Connection,
    database::{self, Copied, Wanted},
};
use guiju_lang::{
    finding::Finding,
    hir::{Program, SourceId},
    schema::Schema,
};
use std::collections::BTreeMap;

/// The copies a run reads, by connection. They stay as long as this is kept.
pub(crate) struct Copies(BTreeMap<String, (Connection, Copied)>);

impl Copies {
    /// Takes or finds a copy of everything these sources read from databases. A database that fails is a finding; the others'
    /// findings are told with it.
    pub(crate) fn obtain(
        project: &Project,
        program: &Program,
        sources: &[SourceId],
        watch: &mut dyn Watch,
    ) -> Result<Self, Vec<Finding>> {
        let mut wanted: BTreeMap<&str, Vec<Wanted<'_>>> = BTreeMap::new();
        // Figures over windows stand in no table.
        let schema = |source: &SourceId| Schema { columns: program.sources[source.0 as usize].delivered().to_vec() };
        let schemas: Vec<Schema> = sources.iter().map(schema).collect();
        for (source, schema) in sources.iter().zip(&schemas) {
            let declared = &program.sources[source.0 as usize];
            wanted.entry(&declared.connection).or_default().push(Wanted {
                object: declared.object.as_deref(),
                schema: Some(schema),
                used: &declared.used,
            });
        }
        let (mut copies, mut findings) = (BTreeMap::new(), Vec::new());
        for (name, wanted) in wanted {
            let Some(connection) = project.config.connections.iter().find(|c| c.name == name && c.kind.is_database())
            else {
                continue;
            };
            let mut look = |object: &str, rows| {
                watch.progress(&Progress { source: object, rows, bytes: 0, total_bytes: 0 });
                !watch.interrupted()
            };
            match database::obtain(&project.config.store, connection, &wanted, &mut look) {
                Ok(copied) => drop(copies.insert(name.to_owned(), (connection.clone(), copied))),
                Err(mut found) => findings.append(&mut found),
            }
        }
        if findings.is_empty() { Ok(Self(copies)) } else { Err(findings) }
    }

    /// A connection to the copy of a source, if it is a table of a database.
    pub(crate) fn of(&self, program: &Program, source: SourceId) -> Option<Connection> {
        let declared = &program.sources[source.0 as usize];
        let (connection, copied) = self.0.get(&declared.connection)?;
        copied.held.open(connection, declared.object.as_deref().unwrap_or_default())
    }

    /// When the copy of a source was taken.
    pub(crate) fn taken(&self, program: &Program, source: SourceId) -> Option<i64> {
        Some(self.0.get(&program.sources[source.0 as usize].connection)?.1.held.taken())
    }

    /// Copies that are older than they should be.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        self.0.values().filter_map(|(_, copied)| copied.warning.clone()).collect()
    }
}
