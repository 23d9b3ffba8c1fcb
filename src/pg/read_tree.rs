//! Reads the server's Query tree into [`super::tree`].

use std::ffi::{CStr, c_char, c_void};

use pgrx::pg_sys::NodeTag::*;
use pgrx::{PgList, pg_sys};

use super::tree::{Frame, Kind, Literal, Node, Query, Range, Source};

type Walker = unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut c_void) -> bool;

#[cfg(feature = "pg15")]
unsafe extern "C-unwind" {
    #[link_name = "expression_tree_walker"]
    fn walk_expression(node: *mut pg_sys::Node, walker: Walker, context: *mut c_void) -> bool;
    #[link_name = "query_tree_walker"]
    fn walk_query(query: *mut pg_sys::Query, walker: Walker, context: *mut c_void, flags: i32) -> bool;
    #[link_name = "range_table_entry_walker"]
    fn walk_range(rte: *mut pg_sys::RangeTblEntry, walker: Walker, context: *mut c_void, flags: i32) -> bool;
}

#[cfg(any(feature = "pg16", feature = "pg17", feature = "pg18"))]
unsafe extern "C-unwind" {
    #[link_name = "expression_tree_walker_impl"]
    fn walk_expression(node: *mut pg_sys::Node, walker: Walker, context: *mut c_void) -> bool;
    #[link_name = "query_tree_walker_impl"]
    fn walk_query(query: *mut pg_sys::Query, walker: Walker, context: *mut c_void, flags: i32) -> bool;
    #[link_name = "range_table_entry_walker_impl"]
    fn walk_range(rte: *mut pg_sys::RangeTblEntry, walker: Walker, context: *mut c_void, flags: i32) -> bool;
}

/// Bytes of a literal that are kept as text.
const MAX_PRINTED: usize = 64 * 1024;

/// Nodes within nodes. A chain of a hundred operators is a hundred deep, a list of thousands is one.
const MAX_DEPTH: usize = 500;

/// The state of a walk.
struct Reader {
    depth: usize,
    too_deep: bool,
    /// The column marks of the query whose range table is being read (PostgreSQL 16 and later).
    #[cfg(not(feature = "pg15"))]
    permissions: *mut pg_sys::List,
}

/// None if it is nested too deeply.
///
/// # Safety
/// `query` is a tree fresh from parse analysis, not changed while this runs.
pub(super) unsafe fn read(query: *mut pg_sys::Query) -> Option<Node> {
    let mut reader = Reader {
        depth: 0,
        too_deep: false,
        #[cfg(not(feature = "pg15"))]
        permissions: std::ptr::null_mut(),
    };
    let mut found = Vec::new();
    // SAFETY: as promised by the caller.
    unsafe { read_into(query.cast(), &mut reader, &mut found) };
    if reader.too_deep { None } else { found.pop() }
}

/// Appends a node, or every node of a list.
unsafe fn read_into(node: *mut pg_sys::Node, reader: &mut Reader, siblings: &mut Vec<Node>) {
    // SAFETY: the server's walkers hand out valid nodes; the casts follow the node's tag.
    unsafe {
        // Lists may have empty places, such as the default of a column that has none.
        if node.is_null() || reader.too_deep {
            return;
        }
        if (*node).type_ == T_List {
            for element in PgList::<pg_sys::Node>::from_pg(node.cast()).iter_ptr() {
                read_into(element, reader, siblings);
            }
            return;
        }
        if reader.depth >= MAX_DEPTH || super::stack_is_too_deep() {
            reader.too_deep = true;
            return;
        }
        reader.depth += 1;
        let mut children = Vec::new();
        let kind = kind_of(node, reader, &mut children);
        if !matches!(kind, Kind::Unknown(_)) {
            let flags = pg_sys::QTW_IGNORE_RANGE_TABLE | pg_sys::QTW_EXAMINE_SORTGROUP;
            for child in children_of(node, flags as i32) {
                read_into(child, reader, &mut children);
            }
        }
        reader.depth -= 1;
        siblings.push(Node { value_type: value_type(node), kind, children });
    }
}

/// The nodes directly below a node, as the server's walkers know them. Lists among them are not taken apart.
///
/// The recursion is the caller's, so that the server's frames and ours do not alternate: an error that crosses many
/// guarded calls would be caught and raised again at each.
pub(super) unsafe fn children_of(node: *mut pg_sys::Node, query_flags: i32) -> Vec<*mut pg_sys::Node> {
    let mut children: Vec<*mut pg_sys::Node> = Vec::new();
    // SAFETY: a valid node. These have nothing below them, and are most of every tree.
    if unsafe { matches!((*node).type_, T_Const | T_Var | T_Param | T_RangeTblRef | T_SortGroupClause) } {
        return children;
    }
    let context = (&raw mut children).cast();
    // SAFETY: a valid node, of the kind its tag says.
    unsafe {
        match (*node).type_ {
            T_Query => descend(|| walk_query(node.cast(), collect, context, query_flags)),
            T_RangeTblEntry => descend(|| walk_range(node.cast(), collect, context, 0)),
            _ => descend(|| walk_expression(node, collect, context)),
        };
    }
    children
}

/// Raises nothing.
unsafe extern "C-unwind" fn collect(node: *mut pg_sys::Node, children: *mut c_void) -> bool {
    if !node.is_null() {
        // SAFETY: the context that `children_of` passed.
        unsafe { (*children.cast::<Vec<*mut pg_sys::Node>>()).push(node) };
    }
    false
}

/// A call into the server that may raise.
fn descend(f: impl FnOnce() -> bool) -> bool {
    // SAFETY: the closures are single calls that own nothing.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(f) }
}

/// What the node is. Puts into `children` what the walkers would miss.
unsafe fn kind_of(node: *mut pg_sys::Node, reader: &mut Reader, children: &mut Vec<Node>) -> Kind {
    // SAFETY: each cast follows the node's tag.
    unsafe {
        match (*node).type_ {
            T_Query => Kind::Query(Box::new(query(node.cast(), reader))),
            T_RangeTblEntry => Kind::Range(Box::new(range(node.cast(), reader))),
            T_CommonTableExpr => {
                let cte = &*node.cast::<pg_sys::CommonTableExpr>();
                Kind::Cte { name: text(cte.ctename), recursive: cte.cterecursive }
            }
            T_TargetEntry => Kind::Target { number: (*node.cast::<pg_sys::TargetEntry>()).resno },
            T_Var => {
                let var = &*node.cast::<pg_sys::Var>();
                Kind::Column { range: var.varno, number: var.varattno, levels_up: var.varlevelsup }
            }
            T_Const => Kind::Literal(literal(&*node.cast::<pg_sys::Const>())),
            T_FuncExpr => Kind::Function { oid: (*node.cast::<pg_sys::FuncExpr>()).funcid.to_u32() },
            T_Aggref => Kind::Aggregate { oid: (*node.cast::<pg_sys::Aggref>()).aggfnoid.to_u32() },
            T_WindowFunc => {
                let call = &*node.cast::<pg_sys::WindowFunc>();
                Kind::Window { oid: call.winfnoid.to_u32(), aggregate: call.winagg }
            }
            T_OpExpr | T_DistinctExpr | T_NullIfExpr => operator((*node.cast::<pg_sys::OpExpr>()).opno),
            T_ScalarArrayOpExpr => operator((*node.cast::<pg_sys::ScalarArrayOpExpr>()).opno),
            T_RowCompareExpr => {
                let row = &*node.cast::<pg_sys::RowCompareExpr>();
                Kind::Comparison { operators: oids(row.opnos) }
            }
            T_SortGroupClause => comparison(node.cast()),
            T_CTECycleClause => {
                let cycle = &*node.cast::<pg_sys::CTECycleClause>();
                Kind::Comparison { operators: vec![cycle.cycle_mark_neop.to_u32()] }
            }
            T_SetOperationStmt => {
                let set = &*node.cast::<pg_sys::SetOperationStmt>();
                for clause in PgList::<pg_sys::SortGroupClause>::from_pg(set.groupClauses).iter_ptr() {
                    children.push(Node { kind: comparison(clause), value_type: 0, children: Vec::new() });
                }
                for column_type in PgList::<pg_sys::Node>::from_pg(set.colTypes).iter_oid() {
                    let value_type = column_type.to_u32();
                    children.push(Node { kind: Kind::Plain, value_type, children: Vec::new() });
                }
                Kind::Plain
            }
            T_WindowClause => {
                let window = &*node.cast::<pg_sys::WindowClause>();
                let functions = [window.startInRangeFunc, window.endInRangeFunc].map(pg_sys::Oid::to_u32);
                let functions = functions.into_iter().filter(|oid| *oid != 0).collect();
                Kind::WindowClause { functions, frame: frame(window.frameOptions as u32) }
            }
            T_CoerceViaIO => Kind::CastViaText,
            T_CoerceToDomain | T_CoerceToDomainValue => Kind::CastToDomain,
            T_SQLValueFunction => Kind::Keyword((*node.cast::<pg_sys::SQLValueFunction>()).op),
            T_XmlExpr => Kind::Xml(xml_operation(&*node.cast())),
            T_MinMaxExpr => {
                let op = (*node.cast::<pg_sys::MinMaxExpr>()).op;
                Kind::MinMax { greatest: op == pg_sys::MinMaxOp::IS_GREATEST }
            }
            T_TableFunc => Kind::TableSyntax,
            T_TableSampleClause => {
                Kind::TableSample { function: (*node.cast::<pg_sys::TableSampleClause>()).tsmhandler.to_u32() }
            }
            T_SubscriptingRef => {
                let container = (*node.cast::<pg_sys::SubscriptingRef>()).refcontainertype.to_u32();
                children.push(Node { kind: Kind::Plain, value_type: container, children: Vec::new() });
                Kind::Subscript
            }
            T_NamedArgExpr => {
                Kind::Named { position: (*node.cast::<pg_sys::NamedArgExpr>()).argnumber.max(0) as usize }
            }
            T_ArrayExpr => Kind::Array,
            T_RelabelType | T_CollateExpr => Kind::Relabel,
            T_SubLink => {
                let link = &*node.cast::<pg_sys::SubLink>();
                Kind::SubLink { array: link.subLinkType == pg_sys::SubLinkType::ARRAY_SUBLINK }
            }
            T_Param => {
                let param = &*node.cast::<pg_sys::Param>();
                if param.paramkind == pg_sys::ParamKind::PARAM_SUBLINK { Kind::Plain } else { Kind::Parameter }
            }
            T_GroupingFunc | T_BoolExpr | T_ArrayCoerceExpr | T_ConvertRowtypeExpr | T_CaseExpr | T_CaseWhen
            | T_CaseTestExpr | T_RowExpr | T_CoalesceExpr | T_NullTest | T_BooleanTest | T_FieldSelect
            | T_RangeTblRef | T_JoinExpr | T_FromExpr | T_RangeTblFunction | T_CTESearchClause | T_GroupingSet => {
                Kind::Plain
            }
            tag => Kind::Unknown(tag as u32),
        }
    }
}

unsafe fn query(query: *mut pg_sys::Query, reader: &mut Reader) -> Query {
    // SAFETY: a valid Query.
    unsafe {
        let q = &*query;
        #[cfg(not(feature = "pg15"))]
        let outer = std::mem::replace(&mut reader.permissions, q.rteperminfos);
        let mut ranges = Vec::new();
        for entry in PgList::<pg_sys::Node>::from_pg(q.rtable).iter_ptr() {
            read_into(entry, reader, &mut ranges);
        }
        #[cfg(not(feature = "pg15"))]
        {
            reader.permissions = outer;
        }
        Query {
            is_select: q.commandType == pg_sys::CmdType::CMD_SELECT,
            modifies: q.hasModifyingCTE || q.resultRelation != 0 || !q.mergeActionList.is_null(),
            locks_rows: q.hasForUpdate || !q.rowMarks.is_null(),
            into_or_other: !q.utilityStmt.is_null()
                || !q.onConflict.is_null()
                || !q.returningList.is_null()
                || !q.withCheckOptions.is_null(),
            recursive: q.hasRecursive,
            set_operation: !q.setOperations.is_null(),
            ranges,
        }
    }
}

unsafe fn range(entry: *mut pg_sys::RangeTblEntry, reader: &Reader) -> Range {
    use pg_sys::RTEKind::*;
    // SAFETY: a valid range table entry.
    unsafe {
        let rte = &*entry;
        let mut declared_types = Vec::new();
        let source = match rte.rtekind {
            RTE_RELATION => Source::Relation { oid: rte.relid.to_u32(), columns: selected_columns(rte, reader) },
            RTE_SUBQUERY => Source::Subquery,
            RTE_JOIN => Source::Join,
            RTE_FUNCTION => {
                for function in PgList::<pg_sys::RangeTblFunction>::from_pg(rte.functions).iter_ptr() {
                    declared_types.extend(oids((*function).funccoltypes));
                }
                Source::Function
            }
            RTE_TABLEFUNC => {
                if !rte.tablefunc.is_null() {
                    declared_types.extend(oids((*rte.tablefunc).coltypes));
                }
                Source::TableSyntax
            }
            RTE_VALUES => Source::Values { width: PgList::<pg_sys::Node>::from_pg(rte.coltypes).len() },
            RTE_CTE => {
                Source::Cte { name: text(rte.ctename), levels_up: rte.ctelevelsup, self_reference: rte.self_reference }
            }
            RTE_RESULT => Source::Empty,
            #[cfg(feature = "pg18")]
            RTE_GROUP => Source::Group,
            _ => Source::Other,
        };
        Range { source, declared_types }
    }
}

/// Columns that parse analysis marked as read.
#[cfg(feature = "pg15")]
unsafe fn selected_columns(rte: &pg_sys::RangeTblEntry, _reader: &Reader) -> Vec<i16> {
    // SAFETY: a valid bitmap, or null.
    unsafe { attribute_numbers(rte.selectedCols) }
}

/// Columns that parse analysis marked as read; without a mark (never for a relation), the whole row.
#[cfg(not(feature = "pg15"))]
unsafe fn selected_columns(rte: &pg_sys::RangeTblEntry, reader: &Reader) -> Vec<i16> {
    // SAFETY: the list belongs to the query whose range table this entry is in.
    unsafe {
        let permissions = PgList::<pg_sys::RTEPermissionInfo>::from_pg(reader.permissions);
        match (rte.perminfoindex as usize).checked_sub(1).and_then(|i| permissions.get_ptr(i)) {
            Some(info) => attribute_numbers((*info).selectedCols),
            None => vec![0],
        }
    }
}

unsafe fn attribute_numbers(columns: *const pg_sys::Bitmapset) -> Vec<i16> {
    let mut numbers = Vec::new();
    let mut member = -1;
    loop {
        // SAFETY: a valid bitmap, or null, which is the empty set.
        member = unsafe { pg_sys::bms_next_member(columns, member) };
        if member < 0 {
            return numbers;
        }
        numbers.push((member + pg_sys::FirstLowInvalidHeapAttributeNumber) as i16);
    }
}

/// XMLSERIALIZE of a document, or indented, parses what it is given.
fn xml_operation(xml: &pg_sys::XmlExpr) -> u32 {
    let as_document = xml.xmloption == pg_sys::XmlOptionType::XMLOPTION_DOCUMENT;
    #[cfg(feature = "pg15")]
    let indented = false;
    #[cfg(not(feature = "pg15"))]
    let indented = xml.indent;
    if xml.op == pg_sys::XmlExprOp::IS_XMLSERIALIZE && (as_document || indented) {
        return pg_sys::XmlExprOp::IS_XMLPARSE;
    }
    xml.op
}

fn frame(options: u32) -> Frame {
    let ends = pg_sys::FRAMEOPTION_START_UNBOUNDED_PRECEDING | pg_sys::FRAMEOPTION_END_UNBOUNDED_FOLLOWING;
    Frame {
        start_moves: options & pg_sys::FRAMEOPTION_START_UNBOUNDED_PRECEDING == 0,
        reaches_an_end: options & ends != 0,
        excludes: options & pg_sys::FRAMEOPTION_EXCLUSION != 0,
    }
}

fn operator(oid: pg_sys::Oid) -> Kind {
    // SAFETY: a catalog lookup; 0 if there is no such operator.
    Kind::Operator { oid: oid.to_u32(), function: unsafe { pg_sys::get_opcode(oid) }.to_u32() }
}

unsafe fn comparison(clause: *mut pg_sys::SortGroupClause) -> Kind {
    // SAFETY: a valid clause.
    let operators = unsafe { [(*clause).eqop, (*clause).sortop] };
    Kind::Comparison { operators: operators.map(pg_sys::Oid::to_u32).into_iter().filter(|oid| *oid != 0).collect() }
}

unsafe fn literal(c: &pg_sys::Const) -> Literal {
    if c.constisnull {
        return Literal::Null;
    }
    // SAFETY: the datum has the type the node says.
    unsafe {
        let datum = c.constvalue;
        match c.consttype {
            pg_sys::INT2OID => Literal::Integer((datum.value() as i16).into()),
            pg_sys::INT4OID | pg_sys::DATEOID => Literal::Integer((datum.value() as i32).into()),
            pg_sys::INT8OID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => Literal::Integer(datum.value() as i64),
            pg_sys::INTERVALOID => {
                let interval = &*datum.cast_mut_ptr::<pg_sys::Interval>();
                Literal::Interval { months: interval.month, days: interval.day, micros: interval.time }
            }
            pg_sys::UNKNOWNOID => Literal::Text(text(datum.cast_mut_ptr())),
            pg_sys::TEXTOID
            | pg_sys::VARCHAROID
            | pg_sys::BPCHAROID
            | pg_sys::NUMERICOID
            | pg_sys::INT4ARRAYOID
            | pg_sys::INT8ARRAYOID
            | pg_sys::TEXTARRAYOID
            | pg_sys::VARCHARARRAYOID
            | pg_sys::JSONBOID
            | pg_sys::JSONPATHOID
                if pg_sys::toast_raw_datum_size(datum) <= MAX_PRINTED =>
            {
                let mut function = pg_sys::InvalidOid;
                let mut varlena = false;
                pg_sys::getTypeOutputInfo(c.consttype, &mut function, &mut varlena);
                // A number of few bytes may print as a hundred thousand digits, and a statement may have thousands.
                let printed = pg_sys::OidOutputFunctionCall(function, datum);
                let length = CStr::from_ptr(printed).count_bytes();
                let literal = if length <= MAX_PRINTED { Literal::Text(text(printed)) } else { Literal::Other(length) };
                pg_sys::pfree(printed.cast());
                literal
            }
            _ if c.constlen == -1 => Literal::Other(pg_sys::toast_raw_datum_size(datum)),
            _ => Literal::Other(c.constlen.max(1) as usize),
        }
    }
}

/// The type of an expression's value; 0 for nodes that are no expressions.
unsafe fn value_type(node: *mut pg_sys::Node) -> u32 {
    // SAFETY: exprType knows every tag listed.
    unsafe {
        match (*node).type_ {
            T_Var | T_Const | T_Param | T_Aggref | T_WindowFunc | T_SubscriptingRef | T_FuncExpr | T_NamedArgExpr
            | T_OpExpr | T_DistinctExpr | T_NullIfExpr | T_ScalarArrayOpExpr | T_FieldSelect | T_RelabelType
            | T_CoerceViaIO | T_ArrayCoerceExpr | T_ConvertRowtypeExpr | T_CaseExpr | T_CaseTestExpr | T_ArrayExpr
            | T_RowExpr | T_CoalesceExpr | T_MinMaxExpr | T_SQLValueFunction | T_XmlExpr | T_CoerceToDomain => {
                pg_sys::exprType(node).to_u32()
            }
            _ => 0,
        }
    }
}

unsafe fn oids(list: *mut pg_sys::List) -> Vec<u32> {
    // SAFETY: a list of OIDs, or null.
    unsafe { PgList::<pg_sys::Node>::from_pg(list).iter_oid().map(pg_sys::Oid::to_u32).collect() }
}

unsafe fn text(s: *const c_char) -> String {
    if s.is_null() {
        return String::new();
    }
    // SAFETY: NUL-terminated, as all names and printed values are.
    unsafe { CStr::from_ptr(s) }.to_string_lossy().into_owned()
}
