//! An analysed statement as plain data: what the guard needs to know of every node of the server's Query tree.
//!
//! The walk is the server's own (`expression_tree_walker`), so that no field with an expression in it is missed; a node
//! that is not known here becomes `Kind::Unknown`, which the guard refuses.

/// One node.
#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    /// OID of the type of an expression's value; 0 for nodes that have none.
    pub value_type: u32,
    pub children: Vec<Node>,
}

#[derive(Debug)]
pub enum Kind {
    Query(Box<Query>),
    /// An entry of a query's range table.
    Range(Box<Range>),
    Cte {
        name: String,
        recursive: bool,
    },
    /// An output column; `number` counts from 1 in the query's or aggregate's list.
    Target {
        number: i16,
    },
    Column {
        /// Index into the range table, from 1.
        range: i32,
        /// 0: the whole row; negative: a system column.
        number: i16,
        /// How many queries further out the range table is.
        levels_up: u32,
    },
    Literal(Literal),
    Function {
        oid: u32,
    },
    Aggregate {
        oid: u32,
    },
    Window {
        oid: u32,
        /// An aggregate, not a function made for windows.
        aggregate: bool,
    },
    /// An operator by its own OID and its function's; also IS DISTINCT FROM, NULLIF, ANY and ALL.
    Operator {
        oid: u32,
        function: u32,
    },
    /// How rows are compared: sort, group, distinct, set operation, row comparison, cycle mark. OIDs of operators.
    Comparison {
        operators: Vec<u32>,
    },
    /// A window: functions behind its RANGE offsets, and its frame. Its children are how it sorts, then its offsets.
    WindowClause {
        functions: Vec<u32>,
        frame: Frame,
    },
    /// A cast through text: the source's output and the target's input function.
    CastViaText,
    /// A value turned into a domain's, whose constraints are checked.
    CastToDomain,
    /// current_date and its kin; the server's `SQLValueFunctionOp`.
    Keyword(u32),
    /// The server's `XmlExprOp`.
    Xml(u32),
    /// GREATEST (true) and LEAST.
    MinMax {
        greatest: bool,
    },
    /// A table function of its own syntax, such as XMLTABLE.
    TableSyntax,
    TableSample {
        function: u32,
    },
    Subscript,
    Named {
        position: usize,
    },
    Array,
    /// A value under another type's name, unchanged.
    Relabel,
    /// A subquery in an expression; `array` if its rows become one value.
    SubLink {
        array: bool,
    },
    Parameter,
    /// Structure that does nothing by itself: its children count.
    Plain,
    /// A node tag that is not known here.
    Unknown(u32),
}

/// What a (sub)query is, beside its children.
#[derive(Debug, Default)]
pub struct Query {
    pub is_select: bool,
    pub modifies: bool,
    pub locks_rows: bool,
    pub into_or_other: bool,
    pub recursive: bool,
    pub set_operation: bool,
    /// `Kind::Range` nodes in order.
    pub ranges: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Its start is not the partition's.
    pub start_moves: bool,
    /// One of its bounds is the partition's.
    pub reaches_an_end: bool,
    /// EXCLUDE leaves rows out.
    pub excludes: bool,
}

#[derive(Debug)]
pub struct Range {
    pub source: Source,
    /// Types that the entry declares for its columns, beside what its children say.
    pub declared_types: Vec<u32>,
}

#[derive(Debug)]
pub enum Source {
    Relation {
        oid: u32,
        /// Numbers of the columns the statement reads; 0 is the whole row, negative ones are system columns.
        columns: Vec<i16>,
    },
    /// Its one child is the query.
    Subquery,
    /// Its children are the columns' expressions, in order.
    Join,
    /// Its children are the functions.
    Function,
    /// Its children are the cells; `width` columns.
    Values {
        width: usize,
    },
    Cte {
        name: String,
        levels_up: u32,
        self_reference: bool,
    },
    TableSyntax,
    /// No FROM at all.
    Empty,
    /// Its children are the grouped expressions, in order.
    #[allow(dead_code)] // made for PostgreSQL 18 and later only
    Group,
    Other,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    /// Integers, dates (days) and timestamps (microseconds), as stored.
    Integer(i64),
    /// Text types, and the printed form of numbers, arrays and JSON paths.
    Text(String),
    Interval {
        months: i32,
        days: i32,
        micros: i64,
    },
    /// Size in bytes.
    Other(usize),
}

impl Literal {
    /// Bytes, about.
    pub fn size(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Integer(_) => 8,
            Self::Interval { .. } => 16,
            Self::Text(t) => t.len(),
            Self::Other(n) => *n,
        }
    }
}

impl Node {
    /// Calls `f` with this node and everything below it, parents first.
    pub fn visit<'a>(&'a self, f: &mut impl FnMut(&'a Node)) {
        f(self);
        if let Kind::Query(query) = &self.kind {
            for range in &query.ranges {
                range.visit(f);
            }
        }
        for child in &self.children {
            child.visit(f);
        }
    }

    /// The argument at a position (from 0) of a function or operator, whether passed by position or by name.
    pub fn argument(&self, position: usize) -> Option<&Node> {
        let named = self.children.iter().find_map(|child| match child.kind {
            Kind::Named { position: p } if p == position => child.children.first(),
            _ => None,
        });
        named.or_else(|| self.children.get(position).filter(|child| !matches!(child.kind, Kind::Named { .. })))
    }
}
