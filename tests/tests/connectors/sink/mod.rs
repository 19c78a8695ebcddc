//! Where effects go: one suite for all.

mod broker;
mod database;
mod files;
mod network;
mod rig;
mod standard;
mod suite;
mod web;
