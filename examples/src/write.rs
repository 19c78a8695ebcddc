//! Puts the brokerage into files.

use crate::{Brokerage, customer::Customer, day::iso};
use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, Field, Schema};
use parquet::{arrow::ArrowWriter, basic::Compression, errors::ParquetError, file::properties::WriterProperties};
use std::{fs, io, io::Write as _, path::Path, sync::Arc};

mod branch;

/// Why the data could not be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the causes' own words
pub enum Error {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Arrow(#[from] ArrowError),
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// Writes every file of the brokerage into `folder`.
pub fn all(brokerage: &Brokerage, folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    customers(&brokerage.customers, &folder.join("customers.parquet"))?;
    rows(
        &folder.join("managers.csv"),
        &["customer_id", "manager_id", "manager_name", "since"],
        brokerage
            .managers
            .iter()
            .map(|m| vec![m.customer_id.to_string(), m.manager_id.clone(), m.manager_name.into(), iso(m.since)]),
    )?;
    // The branch keeps the same relation under its own headings.
    rows(
        &folder.join("客户经理.csv"),
        &["客户号", "工号", "经理姓名"],
        brokerage.managers.iter().map(|m| vec![m.customer_id.to_string(), m.manager_id.clone(), m.manager_name.into()]),
    )?;
    trades(brokerage, &folder.join("trades.jsonl"))?;
    rows(
        &folder.join("产品持仓.csv"),
        &["持仓号", "客户号", "姓名", "产品名称", "产品风险", "到期日", "持有金额", "年化收益率"],
        brokerage.holdings.iter().map(|h| {
            vec![
                h.holding_id.clone(),
                h.customer_id.to_string(),
                h.name.clone(),
                h.product.into(),
                h.risk.into(),
                h.maturity.map(iso).unwrap_or_default(),
                money(h.amount),
                h.rate.map(money).unwrap_or_default(),
            ]
        }),
    )?;
    rows(
        &folder.join("两融账户.csv"),
        &["客户号", "姓名", "营业部", "融资负债", "维持担保比例"],
        brokerage.margins.iter().map(|m| {
            vec![
                m.customer_id.to_string(),
                m.name.clone(),
                m.branch.into(),
                money(m.debt),
                m.ratio.map(|r| format!("{}.{:04}", r / 10_000, r % 10_000)).unwrap_or_default(),
            ]
        }),
    )?;
    branch::all(brokerage, folder)?;
    rows(
        &folder.join("complaints.csv"),
        &["complaint_id", "customer_id", "opened_on", "topic", "content", "status", "handled_by"],
        brokerage.complaints.iter().map(|c| {
            vec![
                c.complaint_id.clone(),
                c.customer_id.to_string(),
                iso(c.opened_on),
                c.topic.into(),
                c.content.into(),
                c.status.into(),
                c.handled_by.unwrap_or_default().into(),
            ]
        }),
    )?;
    rows(
        &folder.join("新股中签.csv"),
        &["中签号", "客户号", "姓名", "营业部", "证券简称", "应缴金额", "可用资金", "缴款日"],
        brokerage.lots.iter().map(|l| {
            vec![
                l.lot_id.clone(),
                l.customer_id.to_string(),
                l.name.clone(),
                l.branch.into(),
                l.security.into(),
                money(l.payable),
                l.available.map(money).unwrap_or_default(),
                iso(l.pay_day),
            ]
        }),
    )
}

/// Cents as `12345.67`.
fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn rows(path: &Path, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.flush()?;
    Ok(())
}

fn trades(brokerage: &Brokerage, path: &Path) -> Result<(), Error> {
    let mut out = io::BufWriter::new(fs::File::create(path)?);
    for t in &brokerage.trades {
        // An amount is written digit by digit: a detour through a double is how cents get lost.
        writeln!(
            out,
            r#"{{"trade_id":"{}","customer_id":{},"traded_at":"{}","kind":"{}","product":"{}","amount":{},"channel":{}}}"#,
            t.trade_id,
            t.customer_id,
            t.traded_at,
            t.kind,
            t.product,
            money(t.amount),
            t.channel.map_or("null".into(), |c| format!("\"{c}\"")),
        )?;
    }
    out.flush()?;
    Ok(())
}

fn customers(all: &[Customer], path: &Path) -> Result<(), Error> {
    let batch = batch(all)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let mut writer = ArrowWriter::try_new(fs::File::create(path)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

/// The customer table as the lake holds it. Columns that are never missing say so in their schema.
pub fn batch(all: &[Customer]) -> Result<RecordBatch, ArrowError> {
    let mut table = Columns { all, fields: Vec::new(), arrays: Vec::new() };
    table.integer("customer_id", |c| Some(c.customer_id), false);
    table.text("name", |c| Some(&c.name), false);
    table.text("gender", |c| Some(c.gender), false);
    table.date("birth_date", |c| c.birth_date);
    table.text("mobile", |c| c.mobile.as_deref(), true);
    table.text("branch", |c| Some(c.branch), false);
    table.text("branch_desk", |c| Some(c.branch_desk), false);
    table.text("level", |c| Some(c.level), false);
    table.text("account_status", |c| Some(c.account_status), false);
    table.text("risk_level", |c| c.risk_level, true);
    table.date("risk_expiry", |c| c.risk_expiry);
    table.date("id_expiry", |c| c.id_expiry);
    table.text("cd_name", |c| c.cd_name, true);
    table.date("cd_maturity", |c| c.cd_maturity);
    table.money("cd_balance", |c| c.cd_balance, true)?;
    table.money("total_asset", |c| Some(c.total_asset), false)?;
    table.money("cash_balance", |c| Some(c.cash_balance), false)?;
    table.money("stock_value", |c| Some(c.stock_value), false)?;
    table.money("fund_value", |c| Some(c.fund_value), false)?;
    table.money("peak_asset_1y", |c| c.peak_asset_1y, true)?;
    table.money("deposit_7d", |c| Some(c.deposit_7d), false)?;
    table.money("withdraw_7d", |c| Some(c.withdraw_7d), false)?;
    table.money("commission_1y", |c| Some(c.commission_1y), false)?;
    table.integer("churn_score", |c| c.churn_score, true);
    table.date("last_contact", |c| c.last_contact);
    table.date("last_login", |c| c.last_login);
    table.date("last_trade", |c| c.last_trade);
    table.required_date("opened_on", |c| c.opened_on);
    table.date("options_expiry", |c| c.options_expiry);
    table.text("tax_residence", |c| c.tax_residence, true);
    RecordBatch::try_new(Arc::new(Schema::new(table.fields)), table.arrays)
}

struct Columns<'a> {
    all: &'a [Customer],
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, name: &str, array: ArrayRef, nullable: bool) {
        self.fields.push(Field::new(name, array.data_type().clone(), nullable));
        self.arrays.push(array);
    }

    fn integer(&mut self, name: &str, value: impl Fn(&Customer) -> Option<i64>, nullable: bool) {
        self.push(name, Arc::new(self.all.iter().map(value).collect::<Int64Array>()), nullable);
    }

    fn text(&mut self, name: &str, value: impl Fn(&'a Customer) -> Option<&'a str>, nullable: bool) {
        self.push(name, Arc::new(self.all.iter().map(value).collect::<StringArray>()), nullable);
    }

    fn date(&mut self, name: &str, value: impl Fn(&Customer) -> Option<i32>) {
        self.push(name, Arc::new(self.all.iter().map(value).collect::<Date32Array>()), true);
    }

    fn required_date(&mut self, name: &str, value: impl Fn(&Customer) -> i32) {
        let days: Date32Array = self.all.iter().map(|c| Some(value(c))).collect();
        self.push(name, Arc::new(days), false);
    }

    fn money(
        &mut self,
        name: &str,
        value: impl Fn(&Customer) -> Option<i64>,
        nullable: bool,
    ) -> Result<(), ArrowError> {
        let cents: Decimal128Array = self.all.iter().map(|c| value(c).map(i128::from)).collect();
        self.push(name, Arc::new(cents.with_precision_and_scale(18, 2)?), nullable);
        Ok(())
    }
}
