//! What can be wrong: the codes of the FAST 1.1 specification (2006-12-20), and ours where it has none.

use std::fmt;

macro_rules! codes {
    ($($code:ident $en:literal $zh:literal)*) => {
        /// One kind of error. `S` are errors of a template, `D` of a stream, `R` are errors that a decoder may leave unreported
        /// (those are the specification's), `X` are ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Code {
            $(#[doc = $en] $code,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// As the specification writes it: `D9`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// What it means, in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$code => $en,)* }
            }

            /// What it means, in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$code => $zh,)* }
            }
        }
    };
}

codes! {
    S1 "the template file is not well-formed, or not what the schema allows" "模板文件不是合法的 XML，或不符合模板规范"
    S2 "the operator does not apply to a field of this type" "该类型的字段不能使用这个操作符"
    S3 "the initial value does not fit the field's type" "初始值不符合字段的类型"
    S4 "a constant needs a value" "常量操作符缺少值"
    S5 "a default of a mandatory field needs a value" "必填字段的 default 操作符缺少值"
    D1 "the field's type cannot be converted to the type that is asked for, or from the one that is given" "字段类型与应用类型之间不能转换"
    D2 "the integer does not fit the field's type" "整数超出字段类型的范围"
    D3 "the operators of exponent and mantissa cannot express this decimal" "指数与尾数的操作符无法表示这个小数"
    D4 "the previous value in the dictionary is of another type" "字典中的前值是另一种类型"
    D5 "a mandatory field is not in the stream and has neither a previous nor an initial value" "必填字段不在流中，且没有前值和初始值"
    D6 "a mandatory field is not in the stream and its previous value is empty" "必填字段不在流中，且前值为空"
    D7 "more is to be removed than the previous value has" "要删去的长度超过前值的长度"
    D8 "there is no template of the name referred to" "引用的模板名不存在"
    D9 "there is no template of this identifier" "模板编号不存在"
    D10 "byte vectors convert only to and from text" "字节串只能与文本互相转换"
    D11 "the text is not written as a value of this type" "文本的写法不符合该类型"
    D12 "a block is empty" "块的长度为零"
    R1 "the decimal does not fit: exponent from -63 to 63, mantissa in 64 bits" "小数超出范围：指数须在 -63 到 63 之间，尾数须为 64 位"
    R2 "the text is not valid UTF-8" "文本不是合法的 UTF-8"
    R3 "the text has characters that ASCII does not have" "文本含有 ASCII 以外的字符"
    R4 "the integer does not fit the type" "整数超出类型的范围"
    R5 "the decimal is not a whole number" "小数不是整数"
    R6 "the integer takes more bytes than it needs" "整数编码过长"
    R7 "the presence map takes more bytes than it needs" "存在位图编码过长"
    R8 "the presence map has more bits than the template uses" "存在位图的位数多于模板所需"
    R9 "the text has a needless zero byte in front" "文本编码过长"
    X1 "the input ends inside a message" "输入在消息中间结束"
    X2 "a limit is reached" "超出限制"
    X3 "the template refers to itself" "模板循环引用自身"
    X4 "another template has this identifier or name" "模板编号或名称重复"
    X5 "the value is not the template's constant" "值与模板的常量不同"
    X6 "a mandatory field has no value" "必填字段没有值"
    X7 "the operator cannot express this value after the previous one" "该操作符无法在前值之后表示这个值"
    X8 "the template has no such field" "模板没有这个字段"
}

impl fmt::Display for Code {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.name())
    }
}
