//! Plans and executes an analysed statement: that very tree, read-only, with the caller's rights and row security.

use std::ffi::CStr;
use std::time::Duration;

use pgrx::{PgList, pg_guard, pg_sys};

use super::analyse::Analysed;
use super::attempt::{Failure, attempt};
use super::planner_settings;
use super::rows::{Cell, ColumnReader};
use super::session::set_local;
use super::timer::with_time_limit;

/// What the planner thinks of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// In the planner's units.
    pub cost: f64,
    pub rows: f64,
    pub widest: Widest,
}

/// Rows of the nodes of a plan that have most.
#[derive(Debug, Clone, Copy, Default)]
pub struct Widest {
    pub any: f64,
    /// Going into one aggregate, or out of a subquery in an expression.
    pub collected: f64,
    /// Going into a window.
    pub windowed: f64,
}

/// A planned statement; lives as long as the `Analysed` it was made from.
pub struct Plan {
    statement: *mut pg_sys::PlannedStmt,
    source: *const std::ffi::c_char,
    pub estimate: Estimate,
    /// `None` if the rows may differ from one time to the next though no relation changed.
    pub repeatable: Option<Repeatable>,
}

/// What decides whether a statement gives the same rows again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Repeatable {
    /// A hash of the rewritten tree: of names, types, bodies of views.
    tree: u64,
    /// Every relation the plan reads, views, partitions and children included, and the file that holds its rows.
    relations: Vec<(u32, u32)>,
}

impl Repeatable {
    pub fn relations(&self) -> impl Iterator<Item = u32> {
        self.relations.iter().map(|(relation, _)| *relation)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub rows: u64,
    pub bytes: usize,
    pub value_bytes: usize,
}

#[derive(Debug, Default)]
pub struct Collected {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    pub truncated: bool,
    pub cut_values: u64,
}

/// Runs `f` in a subtransaction in which nothing can be written and row security applies, under a time limit.
pub fn read_only<T>(limit: Option<Duration>, f: impl FnOnce() -> T) -> Result<T, Failure> {
    with_time_limit(limit, || {
        attempt(|| {
            // SAFETY: the subtransaction's end, whichever it is, puts XactReadOnly back; settings and snapshot are
            // popped below, or by the subtransaction's abort.
            unsafe {
                let level = pg_sys::NewGUCNestLevel();
                // Whatever is set has to be put back, for which the server goes through all its settings.
                if !pg_sys::row_security {
                    set_local(c"row_security", c"on");
                }
                planner_settings::hold();
                pg_sys::XactReadOnly = true;
                // Sees what this transaction did before, in the same statement too.
                pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
                let result = f();
                pg_sys::PopActiveSnapshot();
                pg_sys::AtEOXact_GUC(true, level);
                result
            }
        })
    })
}

/// Plans the tree. Functions with constant arguments run now, so the tree must have been cleared.
/// To be called inside [`read_only`].
///
/// `to_keep`: the rows may be kept for the next time; whether they can is found out, which takes a print of the tree.
pub fn plan(analysed: &Analysed, to_keep: bool) -> Plan {
    let source = analysed.source.as_ptr();
    // SAFETY: rewriter and planner scribble on the copy only.
    unsafe {
        let query = pg_sys::copyObjectImpl(analysed.query.cast()).cast::<pg_sys::Query>();
        if !bound_repetitions(query.cast()) {
            pgrx::ereport!(
                pgrx::PgLogLevel::ERROR,
                pgrx::PgSqlErrorCode::ERRCODE_STATEMENT_TOO_COMPLEX,
                "the statement is nested too deeply"
            );
        }
        let rewritten = PgList::<pg_sys::Query>::from_pg(pg_sys::QueryRewrite(query));
        let Some(query) = rewritten.head().filter(|_| rewritten.len() == 1) else {
            pgrx::ereport!(
                pgrx::PgLogLevel::ERROR,
                pgrx::PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                "a rule turns this query into something else"
            );
            unreachable!()
        };
        // Of the rewritten tree, in which views are open and nothing is computed yet.
        let for_all = to_keep && !(*query).hasRowSecurity && !pg_sys::contain_mutable_functions(query.cast());
        let tree = for_all.then(|| hash_of(query.cast()));
        let statement =
            pg_sys::pg_plan_query(query, source, pg_sys::CURSOR_OPT_PARALLEL_OK as i32, std::ptr::null_mut());
        // Also of what lies behind views, which the tree does not show. The executor checks it again.
        #[cfg(feature = "pg15")]
        pg_sys::ExecCheckRTPerms((*statement).rtable, true);
        #[cfg(not(feature = "pg15"))]
        pg_sys::ExecCheckPermissions((*statement).rtable, (*statement).permInfos, true);
        let top = &*(*statement).planTree;
        let mut widest = Widest::default();
        widest.look_at((*statement).planTree);
        for subplan in PgList::<pg_sys::Plan>::from_pg((*statement).subplans).iter_ptr() {
            // A partition's or a CTE's subplan may have been removed.
            if !subplan.is_null() {
                widest.collected = widest.collected.max((*subplan).plan_rows);
                widest.look_at(subplan);
            }
        }
        let relations = PgList::<pg_sys::Oid>::from_pg((*statement).relationOids);
        let repeatable = tree.filter(|_| !(*statement).dependsOnRole).map(|tree| Repeatable {
            tree,
            relations: relations
                .iter_oid()
                .map(|relation| (relation.to_u32(), super::facts::file_of(relation)))
                .collect(),
        });
        Plan { statement, source, estimate: Estimate { cost: top.total_cost, rows: top.plan_rows, widest }, repeatable }
    }
}

unsafe fn hash_of(node: *mut pg_sys::Node) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    // SAFETY: the server prints any tree, into palloc'ed memory.
    unsafe {
        let text = pg_sys::nodeToString(node.cast());
        hasher.write(CStr::from_ptr(text).to_bytes());
        pg_sys::pfree(text.cast());
    }
    hasher.finish()
}

impl Widest {
    /// With everything below.
    unsafe fn look_at(&mut self, plan: *mut pg_sys::Plan) {
        use pg_sys::NodeTag::*;
        if plan.is_null() {
            return;
        }
        // SAFETY: a valid plan; the casts follow the node's tag.
        unsafe {
            pg_sys::check_stack_depth();
            let node = &*plan;
            self.any = self.any.max(node.plan_rows);
            let input = if node.lefttree.is_null() { 0.0 } else { (*node.lefttree).plan_rows };
            let inner = match node.type_ {
                T_Append => PgList::<pg_sys::Plan>::from_pg((*plan.cast::<pg_sys::Append>()).appendplans),
                T_MergeAppend => PgList::<pg_sys::Plan>::from_pg((*plan.cast::<pg_sys::MergeAppend>()).mergeplans),
                _ => PgList::<pg_sys::Plan>::new(),
            };
            match node.type_ {
                T_SubqueryScan => self.look_at((*plan.cast::<pg_sys::SubqueryScan>()).subplan),
                T_Agg => self.collected = self.collected.max(input),
                T_WindowAgg => {
                    self.windowed = self.windowed.max(input);
                    self.collected = self.collected.max(input);
                }
                _ => {}
            }
            self.look_at(node.lefttree);
            self.look_at(node.righttree);
            for plan in inner.iter_ptr() {
                self.look_at(plan);
            }
        }
    }
}

/// Executes the plan. To be called inside [`read_only`]; the plan is used up.
pub fn execute(plan: Plan, limits: Limits) -> Collected {
    // SAFETY: the receiver outlives the executor; the query descriptor is freed below or by the abort.
    unsafe {
        let mut receiver = Receiver {
            base: pg_sys::DestReceiver {
                receiveSlot: Some(receive),
                rStartup: Some(startup),
                rShutdown: Some(nothing),
                rDestroy: Some(nothing),
                mydest: pg_sys::CommandDest::DestNone,
            },
            limits,
            bytes: 0,
            readers: Vec::new(),
            collected: Collected::default(),
            scratch: pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                c"router row".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            ),
        };
        let query = pg_sys::CreateQueryDesc(
            plan.statement,
            plan.source,
            pg_sys::GetActiveSnapshot(),
            std::ptr::null_mut(),
            (&raw mut receiver).cast(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        );
        pg_sys::ExecutorStart(query, 0);
        #[cfg(not(feature = "pg18"))]
        pg_sys::ExecutorRun(query, pg_sys::ScanDirection::ForwardScanDirection, 0, true);
        #[cfg(feature = "pg18")]
        pg_sys::ExecutorRun(query, pg_sys::ScanDirection::ForwardScanDirection, 0);
        pg_sys::ExecutorFinish(query);
        pg_sys::ExecutorEnd(query);
        pg_sys::FreeQueryDesc(query);
        pg_sys::MemoryContextDelete(receiver.scratch);
        receiver.collected
    }
}

#[repr(C)]
struct Receiver {
    base: pg_sys::DestReceiver,
    limits: Limits,
    bytes: usize,
    readers: Vec<ColumnReader>,
    collected: Collected,
    scratch: pg_sys::MemoryContext,
}

#[pg_guard]
unsafe extern "C-unwind" fn startup(this: *mut pg_sys::DestReceiver, _operation: i32, columns: pg_sys::TupleDesc) {
    // SAFETY: the server hands back the receiver it was given, and a valid descriptor.
    unsafe {
        let receiver = &mut *this.cast::<Receiver>();
        for i in 0..(*columns).natts {
            let attribute = &*super::attribute(columns, i);
            let name = CStr::from_ptr(attribute.attname.data.as_ptr()).to_string_lossy().into_owned();
            receiver.collected.columns.push(name);
            receiver.readers.push(ColumnReader::new(attribute.atttypid));
        }
    }
}

/// Returns false when the result is complete as far as the limits go.
#[pg_guard]
unsafe extern "C-unwind" fn receive(slot: *mut pg_sys::TupleTableSlot, this: *mut pg_sys::DestReceiver) -> bool {
    // SAFETY: the server hands back the receiver it was given, and a slot of the descriptor given at startup.
    unsafe {
        let receiver = &mut *this.cast::<Receiver>();
        if receiver.collected.rows.len() as u64 >= receiver.limits.rows {
            receiver.collected.truncated = true;
            return false;
        }
        pg_sys::slot_getallattrs(slot);
        let outer = pg_sys::MemoryContextSwitchTo(receiver.scratch);
        let mut row = Vec::with_capacity(receiver.readers.len());
        for (i, reader) in receiver.readers.iter().enumerate() {
            if *(*slot).tts_isnull.add(i) {
                row.push(Cell::Null);
                continue;
            }
            let (cell, cut) = reader.read(*(*slot).tts_values.add(i), receiver.limits.value_bytes);
            receiver.collected.cut_values += u64::from(cut);
            receiver.bytes += cell_size(&cell);
            row.push(cell);
        }
        pg_sys::MemoryContextSwitchTo(outer);
        pg_sys::MemoryContextReset(receiver.scratch);
        if receiver.bytes > receiver.limits.bytes {
            receiver.collected.truncated = true;
            return false;
        }
        receiver.collected.rows.push(row);
        true
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn nothing(_this: *mut pg_sys::DestReceiver) {}

/// Bytes a value takes in the result, about.
fn cell_size(cell: &Cell) -> usize {
    match cell {
        Cell::Null | Cell::Bool(_) => 5,
        Cell::Number(t) | Cell::Text(t) => t.len() + 2,
        Cell::Json(v) => v.to_string().len(),
    }
}

/// Casts computed counts of repeat, lpad and rpad to smallint and back, so that a count above 32,767 is an error
/// instead of a gigabyte. Literal counts the guard has weighed already.
///
/// False if the tree is too deep to be walked.
unsafe fn bound_repetitions(node: *mut pg_sys::Node) -> bool {
    const BOUNDED: [u32; 5] = [
        pg_sys::F_REPEAT,
        pg_sys::F_LPAD_TEXT_INT4_TEXT,
        pg_sys::F_LPAD_TEXT_INT4,
        pg_sys::F_RPAD_TEXT_INT4_TEXT,
        pg_sys::F_RPAD_TEXT_INT4,
    ];
    if node.is_null() {
        return true;
    }
    if super::stack_is_too_deep() {
        return false;
    }
    // SAFETY: a walk over a private copy of the tree; lists are changed in place, their length stays.
    unsafe {
        if (*node).type_ == pg_sys::NodeTag::T_FuncExpr {
            let call = &*node.cast::<pg_sys::FuncExpr>();
            if BOUNDED.contains(&call.funcid.to_u32()) {
                let mut arguments = PgList::<pg_sys::Node>::from_pg(call.args);
                if let Some(count) = arguments.get_ptr(1).filter(|count| (**count).type_ != pg_sys::NodeTag::T_Const) {
                    let small = cast(pg_sys::F_INT2_INT4, pg_sys::INT2OID, count);
                    arguments.replace_ptr(1, cast(pg_sys::F_INT4_INT2, pg_sys::INT4OID, small));
                }
            }
        }
        let below = match (*node).type_ {
            pg_sys::NodeTag::T_List => PgList::<pg_sys::Node>::from_pg(node.cast()).iter_ptr().collect(),
            _ => super::read_tree::children_of(node, 0),
        };
        below.into_iter().all(|child| bound_repetitions(child))
    }
}

unsafe fn cast(function: u32, result: pg_sys::Oid, value: *mut pg_sys::Node) -> *mut pg_sys::Node {
    // SAFETY: a one-argument function and its argument.
    unsafe {
        let mut arguments = PgList::<pg_sys::Node>::new();
        arguments.push(value);
        pg_sys::makeFuncExpr(
            pg_sys::Oid::from(function),
            result,
            arguments.into_pg(),
            pg_sys::InvalidOid,
            pg_sys::InvalidOid,
            pg_sys::CoercionForm::COERCE_EXPLICIT_CAST,
        )
        .cast()
    }
}
