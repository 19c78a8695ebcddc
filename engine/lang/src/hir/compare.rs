//! What comparisons have to do with each other.

use super::CompareOp;
use std::cmp::Ordering;

impl CompareOp {
    /// As a rulebook writes it.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// Whether an order of the operands satisfies it.
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        }
    }

    /// What is true where this is false.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Ge => Self::Lt,
            Self::Gt => Self::Le,
            Self::Le => Self::Gt,
        }
    }

    /// The same with the operands changed over.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Gt => Self::Lt,
            Self::Le => Self::Ge,
            Self::Ge => Self::Le,
            Self::Eq | Self::Ne => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_agree_with_each_other() {
        for op in [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge] {
            for order in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
                // The sign says it: `<=` holds for less and for equal.
                let said = match order {
                    Ordering::Less => op.sign().contains('<') || op.sign() == "!=",
                    Ordering::Equal => op.sign().contains('=') && op.sign() != "!=",
                    Ordering::Greater => op.sign().contains('>') || op.sign() == "!=",
                };
                assert_eq!(op.holds(order), said, "{op:?} {order:?}");
                assert_eq!(op.negated().holds(order), !op.holds(order), "{op:?} {order:?}");
                assert_eq!(op.mirrored().holds(order.reverse()), op.holds(order), "{op:?} {order:?}");
            }
        }
    }
}
