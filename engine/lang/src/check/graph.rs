//! Who needs whom: circles of `let`, `fn` and tables, and of imports.

use super::names::{BookId, DeclId, Item, Names};
use crate::finding::{Arg, Finding, Place, codes::names as codes};
use guiju_grammar::ast::{self, ExprKind};
use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};

/// Reports circles of definitions and marks their members.
pub(super) fn definitions(names: &Names<'_>, findings: &mut Vec<Finding>) {
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (i, decl) in names.decls.iter().enumerate() {
        let mut edge = |path: &[ast::Name]| {
            if let Some(to) = target(names, decl.book, path) {
                graph.add_edge(i, to.0, ());
            }
        };
        match decl.item {
            Item::Let(x) => walk(&x.value, &mut edge),
            Item::Fn(x) => walk(&x.body, &mut |path| {
                let own = path.len() == 1 && x.params.iter().any(|p| p.name.text == path[0].text);
                if !own {
                    edge(path);
                }
            }),
            Item::Table(x) => x.rows.iter().for_each(|r| walk_row(r, &mut edge)),
            _ => {}
        }
    }
    for circle in circles(&graph) {
        let mut members: Vec<_> = circle.iter().map(|i| names.decl(DeclId(*i))).collect();
        members.sort_by_key(|d| (d.file, d.name.span));
        members.iter().for_each(|d| d.cyclic.set(true));
        let place = |d: &super::names::Decl<'_>| Place { file: d.file, span: d.name.span };
        let all = members.iter().map(|d| d.name.text.clone()).collect();
        let Some((first, rest)) = members.split_first() else { continue };
        let finding = Finding::new(codes::CYCLIC_DEFINITION, place(first)).arg("names", Arg::Names(all));
        findings.push(rest.iter().fold(finding, |f, d| f.label(place(d), "in-circle")));
    }
}

/// Reports circles of imports.
pub(super) fn imports(names: &Names<'_>, findings: &mut Vec<Finding>) {
    let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
    for (i, book) in names.books.iter().enumerate() {
        for to in book.imports.values().filter_map(|import| import.book) {
            graph.add_edge(i, to.0, ());
        }
    }
    for mut circle in circles(&graph) {
        circle.sort_unstable();
        let all = circle.iter().map(|i| names.books[*i].info.name.clone()).collect();
        let inside = |b: Option<BookId>| b.is_some_and(|b| circle.contains(&b.0));
        let mut places: Vec<_> = circle
            .iter()
            .flat_map(|i| names.books[*i].imports.values().filter(|m| inside(m.book)).map(|m| m.place))
            .collect();
        places.sort();
        let Some((first, rest)) = places.split_first() else { continue };
        let finding = Finding::new(codes::CYCLIC_IMPORT, *first).arg("names", Arg::Names(all));
        findings.push(rest.iter().fold(finding, |f, p| f.label(*p, "in-circle")));
    }
}

fn circles(graph: &DiGraphMap<usize, ()>) -> Vec<Vec<usize>> {
    let all = tarjan_scc(graph).into_iter();
    all.filter(|c| c.len() > 1 || c.first().is_some_and(|i| graph.contains_edge(*i, *i))).collect()
}

fn target(names: &Names<'_>, book: BookId, path: &[ast::Name]) -> Option<DeclId> {
    let book = names.book_of(book);
    match path {
        [name] => book.values.get(name.text.as_str()).copied(),
        [alias, name] => {
            let other = book.imports.get(alias.text.as_str())?.book?;
            names.book_of(other).values.get(name.text.as_str()).copied()
        }
        _ => None,
    }
}

fn walk_row(row: &ast::TableRow, edge: &mut dyn FnMut(&[ast::Name])) {
    for cell in &row.cells {
        match &cell.kind {
            ast::CellKind::Compare(_, e) => walk(e, edge),
            ast::CellKind::Range(low, high) => low.iter().chain(high).for_each(|e| walk(e, edge)),
            ast::CellKind::OneOf(all, _) => all.iter().for_each(|e| walk(e, edge)),
            ast::CellKind::Any | ast::CellKind::Missing(_) => {}
        }
    }
    row.outputs.iter().for_each(|e| walk(e, edge));
}

/// Calls `edge` with every name and every called function below `e`.
fn walk(e: &ast::Expr, edge: &mut dyn FnMut(&[ast::Name])) {
    match &e.kind {
        ExprKind::Literal(_) | ExprKind::Clock(_) => {}
        ExprKind::Text(text) => {
            for segment in &text.segments {
                if let ast::Segment::Slot { expr, .. } = segment {
                    walk(expr, edge);
                }
            }
        }
        ExprKind::Path(path) => edge(path),
        ExprKind::Call { function, args, over } => {
            edge(function);
            args.iter().for_each(|a| walk(a, edge));
            over.iter().for_each(|over| walk(&over.span, edge));
        }
        ExprKind::Unary(_, a) | ExprKind::IsMissing(a, _) | ExprKind::Matches(a, ..) => walk(a, edge),
        ExprKind::Binary(_, _, a, b) | ExprKind::Within(a, _, b) | ExprKind::PercentOf(a, b) => {
            walk(a, edge);
            walk(b, edge);
        }
        ExprKind::In { operand, set, .. } => {
            walk(operand, edge);
            walk(set, edge);
        }
        ExprKind::Between(a, b, c) | ExprKind::If(a, b, c) => [a, b, c].into_iter().for_each(|x| walk(x, edge)),
        ExprKind::InTop { operand, amount, .. } => {
            walk(operand, edge);
            walk(amount, edge);
        }
        ExprKind::List(all) => all.iter().for_each(|x| walk(x, edge)),
        ExprKind::Record(fields) => fields.iter().for_each(|(_, x)| walk(x, edge)),
        ExprKind::Range(low, high) => low.iter().chain(high).for_each(|x| walk(x, edge)),
    }
}
