//! The small brokerage that the shipped rulebooks run on: two hundred customers, their managers, last fortnight's trades,
//! and a branch's own extracts with Chinese headings. Everything is made here, from one seed, so that anybody can make it
//! again and get the same bytes.

pub mod complaint;
pub mod customer;
pub mod day;
pub mod extract;
pub mod random;
pub mod trade;
pub mod write;

/// Where the random numbers start. Another seed is another brokerage.
pub const SEED: u64 = 20_261_120;

/// How many customers there are.
pub const CUSTOMERS: i64 = 200;

/// The brokerage's data, all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Brokerage {
    /// The lake's customer table.
    pub customers: Vec<customer::Customer>,
    /// Who looks after whom; about one customer in twelve has nobody.
    pub managers: Vec<customer::Manager>,
    /// The last ten trading days.
    pub trades: Vec<trade::Trade>,
    /// Products held by a branch's customers.
    pub holdings: Vec<extract::Holding>,
    /// Margin accounts of that branch.
    pub margins: Vec<extract::Margin>,
    /// IPO lots won by its customers.
    pub lots: Vec<extract::Lot>,
    /// What its customers' securities bring.
    pub rights: Vec<extract::rights::Right>,
    /// Their savings plans.
    pub plans: Vec<extract::rights::Plan>,
    /// What the service desk has taken down.
    pub complaints: Vec<complaint::Complaint>,
}

impl Brokerage {
    /// Makes the brokerage: the same one every time.
    pub fn make() -> Self {
        let mut rng = random::Random::new(SEED);
        let customers = customer::make(&mut rng);
        let managers = customer::managers(&customers);
        let trades = trade::make(&mut rng, &customers);
        let ours = extract::ours(&customers);
        let (holdings, margins, lots) = extract::make(&mut rng, &ours);
        // Tables that came later draw from numbers of their own: a new table changes no old one.
        let mut later = random::Random::new(SEED + 2);
        let rights = extract::rights::rights(&mut later, &ours);
        let plans = extract::rights::plans(&mut later, &ours);
        let complaints = complaint::make(&mut later, &customers);
        Self { customers, managers, trades, holdings, margins, lots, rights, plans, complaints }
    }

    /// The branch's view of its customers.
    pub fn profiles(&self) -> Vec<extract::profile::Profile<'_>> {
        extract::profile::make(&mut random::Random::new(SEED + 3), &extract::ours(&self.customers))
    }
}
