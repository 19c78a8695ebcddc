use super::*;
use guiju_lang::{
    finding::FileId,
    ty::{DecimalType, Typed},
    value::Decimal,
};

fn money() -> Type {
    Type::Decimal(DecimalType { precision: 12, scale: 2 })
}

fn program(body: &str, params: &[(&str, Type)], result: Type) -> Program {
    Program {
        scripts: vec![Script {
            name: "f".into(),
            params: params.iter().map(|(n, t)| ((*n).to_owned(), Typed::new(t.clone(), true))).collect(),
            result: Typed::new(result, true),
            body: body.into(),
            place: Place { file: FileId(3), span: Span::new(100, 100 + body.len()) },
        }],
        ..Program::default()
    }
}

/// The result and what the failure said.
fn call(body: &str, arguments: &[(&str, Type, Value)], result: Type) -> (Value, Option<String>) {
    let params: Vec<(&str, Type)> = arguments.iter().map(|(n, t, _)| (*n, t.clone())).collect();
    let scripts = Scripts::compile(&program(body, &params, result)).expect("compiles");
    let values: Vec<Value> = arguments.iter().map(|(_, _, v)| v.clone()).collect();
    let mut incidents = Incidents::default();
    let value = scripts.call(ScriptId(0), &values, &mut incidents);
    let failure = scripts.first_failure(ScriptId(0)).map(str::to_owned);
    assert_eq!(incidents.of(Incident::Script), u64::from(failure.is_some()));
    (value, failure)
}

fn decimal(mantissa: i128, scale: u8) -> Value {
    Value::Decimal(Decimal { mantissa, scale })
}

#[test]
fn values_go_in_and_come_out_exactly() {
    let x = ("x", money(), decimal(12_345_678_901, 2));
    assert_eq!(call("x", std::slice::from_ref(&x), money()), (decimal(12_345_678_901, 2), None));
    // 0.1 + 0.2 is 0.3, and a third is rounded where the result's type says.
    assert_eq!(call("decimal(\"0.1\") + decimal(\"0.2\")", &[], money()), (decimal(30, 2), None));
    assert_eq!(call("x / 3", &[x], money()).0, decimal(4_115_226_300, 2));
    assert_eq!(call("n * 2 + 1", &[("n", Type::Integer, Value::Integer(20))], Type::Integer).0, Value::Integer(41));
    assert_eq!(call("t + \"级\"", &[("t", Type::Text, Value::text("三"))], Type::Text).0, Value::text("三级"));
    assert_eq!(call("d + 1", &[("d", Type::Date, Value::Date(9))], Type::Date).0, Value::Date(10));
    assert_eq!(call("x * 0.5", &[("x", Type::Real, Value::Real(3.0))], Type::Real).0, Value::Real(1.5));
    assert_eq!(
        call("if x == () { 1 } else { 2 }", &[("x", money(), Value::Missing)], Type::Integer).0,
        Value::Integer(1)
    );
    assert_eq!(call("x > 1 && 2 >= x", &[("x", money(), decimal(200, 2))], Type::Bool).0, Value::Bool(true));
    assert_eq!(
        call("let s = 0; for i in 0..n { s += i; } s", &[("n", Type::Integer, Value::Integer(5))], Type::Integer).0,
        Value::Integer(10)
    );
    assert_eq!(call("fn twice(x) { x * 2 } twice(4)", &[], Type::Integer).0, Value::Integer(8));
}

#[test]
fn a_result_of_another_type_is_a_failure() {
    for (body, ty) in
        [("1.5", Type::Integer), ("\"1\"", Type::Integer), ("1", Type::Text), ("1.5", money()), ("1", Type::Bool)]
    {
        let (value, failure) = call(body, &[], ty);
        assert_eq!(value, Value::Missing, "{body}");
        assert!(failure.expect("a failure").contains("is declared"), "{body}");
    }
    assert_eq!(call("decimal(\"99999999999.99\")", &[], money()).0, Value::Missing);
    assert_eq!(call("()", &[], Type::Text), (Value::Missing, None));
}

/// None of these may hang, exhaust memory, panic out of the call, or reach anything outside.
#[test]
fn hostile_scripts_are_stopped() {
    let hostile = [
        ("endless loop", "loop { }"),
        ("long loop", "let n = 0; while n < 1000000000 { n += 1; } n"),
        ("recursion", "fn f(n) { f(n + 1) } f(0)"),
        ("mutual recursion", "fn a(n) { b(n) } fn b(n) { a(n) } a(0)"),
        ("text growth", "let s = \"aaaaaaaa\"; loop { s += s; }"),
        ("text by padding", "let s = \"a\"; s.pad(1000000000, \"b\"); s.len()"),
        ("array growth", "let a = [1]; loop { a += a; }"),
        ("array by pushing", "let a = []; loop { a.push(a.len()); }"),
        ("array by padding", "let a = []; a.pad(1000000000, 0); a.len()"),
        ("nested arrays", "let a = [1, 2, 3, 4]; for i in 0..20 { a = [a, a, a, a]; } a.len()"),
        ("arrays of texts", "let s = \"a\"; s.pad(60000, \"b\"); let a = []; loop { a.push(s + a.len()); }"),
        ("map growth", "let m = #{}; let n = 0; loop { m[\"k\" + n] = n; n += 1; }"),
        ("blob", "let b = blob(1000000000, 0); b.len()"),
        ("integer overflow", "9223372036854775807 + 1"),
        ("negation overflow", "let n = -9223372036854775807 - 1; -n"),
        ("power overflow", "10 ** 100"),
        ("division by zero", "1 / 0"),
        ("remainder by zero", "1 % 0"),
        ("decimal overflow", "let d = decimal(\"9999999999\"); loop { d = d * d; }"),
        ("decimal division by zero", "decimal(1) / 0"),
        ("throw", "throw \"no\""),
        ("throw a map", "throw #{ a: 1 }"),
        ("index beyond", "let a = [1]; a[5]"),
        ("unknown function", "open(\"/etc/passwd\")"),
        ("sleeping", "sleep(100); 1"),
        ("sleeping shortly", "sleep(0.5); 1"),
        ("the clock", "timestamp(); 1"),
        ("randomness", "rand(); 1"),
        ("indirect call", "let f = |x| x; f.call(1); open(1)"),
        ("range", "let n = 0; for i in 0..9223372036854775807 { n += 1; } n"),
        ("text split", "let s = \"a\"; s.pad(60000, \"b\"); let a = s.split(\"\"); a.len()"),
    ];
    for (name, body) in hostile {
        let Ok(scripts) = Scripts::compile(&program(body, &[], Type::Integer)) else { continue };
        let mut incidents = Incidents::default();
        let start = std::time::Instant::now();
        let value = scripts.call(ScriptId(0), &[], &mut incidents);
        assert_eq!(value, Value::Missing, "{name}");
        assert_eq!(incidents.of(Incident::Script), 1, "{name}");
        assert!(scripts.first_failure(ScriptId(0)).is_some_and(|m| !m.is_empty()), "{name}");
        assert!(start.elapsed().as_secs() < 10, "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn what_reaches_outside_does_not_compile() {
    for body in ["eval(\"1\")", "import \"os\" as os; 1", "print(1)", "debug(1)", "export let x = 1;"] {
        let findings = Scripts::compile(&program(body, &[], Type::Integer)).expect_err(body);
        assert_eq!(findings.len(), 1, "{body}");
        assert!((2190..2198).contains(&findings[0].code.0), "{body}: {:?}", findings[0].code);
    }
}

#[test]
fn a_syntax_error_is_found_where_it_is_in_the_rulebook() {
    let body = "let 余额 = 1;\nlet y = 余额 + ;\ny";
    let findings = Scripts::compile(&program(body, &[], Type::Integer)).expect_err("wrong");
    let At::Text(place) = &findings[0].at else { panic!("in the text") };
    assert_eq!(place.file, FileId(3));
    let offset = place.span.start as usize - 100;
    assert_eq!(&body[offset..=offset], ";");
    assert!(body[..offset].ends_with("余额 + "));
}

#[test]
fn deep_nesting_is_refused_before_it_runs() {
    let body = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(Scripts::compile(&program(&body, &[], Type::Integer)).is_err());
}

#[test]
fn unknown_names_are_found_while_compiling() {
    assert!(Scripts::compile(&program("balance + 1", &[("x", Type::Integer)], Type::Integer)).is_err());
}

#[test]
fn calls_do_not_see_each_other() {
    let scripts =
        Scripts::compile(&program("let n = x; x += 1; n", &[("x", Type::Integer)], Type::Integer)).expect("compiles");
    let mut incidents = Incidents::default();
    for _ in 0..3 {
        assert_eq!(scripts.call(ScriptId(0), &[Value::Integer(7)], &mut incidents), Value::Integer(7));
    }
    assert!(incidents.is_empty());
}
