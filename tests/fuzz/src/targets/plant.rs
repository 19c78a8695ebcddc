//! Graphs and traces of other tools: any bytes are tables or said not to be, and whatever becomes a table can be checked and routed in.

use crate::Target;
use guiju::{
    fiber::{
        inventory::{Inventory, rows},
        plan::{Request, Taken, best},
    },
    plant::{Import, of_json},
};

/// Either form, before and since NetBox 3.3.
pub(super) const TARGET: Target = Target {
    name: "plant-import",
    files: &[],
    examples: &[
        r#"{"nodes":[{"id":0,"name":"a","building":"b"},{"id":1,"room":"r"}],"links":[{"source":0,"target":1,"length":4.5,"loss":0.2,"cores":4,"ducts":["d"]}]}"#,
        r#"{"nodes":[{"id":"x"},{"id":"x"}],"edges":[{"source":"x","target":"y","dist":1e99}]}"#,
        r#"[[{"name":"1","device":{"name":"d"}},{"id":7,"length":1,"length_unit":"km"},{"name":"2","device":{"name":"e"}}]]"#,
        r#"{"c":[[[{"name":"1","device":{"name":"d"}}],{"id":7,"label":"K"},[{"name":"2","device":{"name":"d"}}]]]}"#,
    ],
    longest: 2048,
    run: |bytes| {
        let how = Import { building: "campus".to_owned(), cores: Some(4), loss_per_km: Some(350) };
        let Ok(imported) = of_json(bytes, &how) else { return };
        let Ok(plant) = rows(&imported.records()).and_then(Inventory::new) else { return };
        let names: Vec<String> = plant.places().take(6).map(str::to_owned).collect();
        for pair in names.windows(2) {
            let request = Request { steps: 200, ..Request::new(&pair[0], &pair[1]) };
            if let Ok(answer) = best(&plant, &Taken::none(), &request, 3) {
                assert!(answer.routes.len() <= 3);
            }
        }
    },
};
