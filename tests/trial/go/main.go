// Go's drivers and a mapper do their main job. Arguments: a case's name, the port. Prints "well" or fails.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func ck(e error) {
	if e != nil {
		panic(e)
	}
}
func eq(got, wanted any) {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		panic(fmt.Sprintf("%v is not %v", got, wanted))
	}
}

type Gauthor struct {
	ID        uint
	Name      string  `gorm:"size:40;uniqueIndex;not null"`
	Price     float64 `gorm:"type:numeric(10,2)"`
	CreatedAt time.Time
	Books     []Gbook
}
type Gbook struct {
	ID        uint
	Title     string
	GauthorID uint           `gorm:"index"`
	Meta      string         `gorm:"type:jsonb;default:'{}'"`
	DeletedAt gorm.DeletedAt `gorm:"index"`
}

var ctx = context.Background()

func pgxDriver(url string) {
	c, e := pgx.Connect(ctx, url)
	ck(e)
	defer c.Close(ctx)
	_, e = c.Exec(ctx, "drop table if exists gx")
	ck(e)
	_, e = c.Exec(ctx, "create table gx(id int primary key, name text, at timestamptz, tags text[], j jsonb, n numeric(10,2), b bytea, u uuid)")
	ck(e)
	_, e = c.Exec(ctx, "insert into gx values($1,$2,$3,$4,$5,$6,$7,$8)", 1, "a", time.Unix(0, 0), []string{"x"}, map[string]any{"k": 1}, "1.50", []byte{0, 255}, "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	ck(e)
	var id int
	var name string
	var at time.Time
	var tags []string
	var j map[string]any
	ck(c.QueryRow(ctx, "select id,name,at,tags,j from gx where id=$1", 1).Scan(&id, &name, &at, &tags, &j))
	eq([]any{id, name, at.Unix(), tags, j}, []any{1, "a", 0, []string{"x"}, map[string]any{"k": 1}})
	n, e := c.CopyFrom(ctx, pgx.Identifier{"gx"}, []string{"id", "name"}, pgx.CopyFromRows([][]any{{2, "b"}, {3, "c"}}))
	ck(e)
	eq(n, 2)
	b := &pgx.Batch{}
	b.Queue("select count(*) from gx")
	b.Queue("insert into gx(id) values($1)", 4)
	r := c.SendBatch(ctx, b)
	var k int
	ck(r.QueryRow().Scan(&k))
	eq(k, 3)
	_, e = r.Exec()
	ck(e)
	ck(r.Close())
	ck(pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		_, e := tx.Exec(ctx, "insert into gx(id) values(5)")
		ck(e)
		return pgx.BeginFunc(ctx, tx, func(t2 pgx.Tx) error { _, e := t2.Exec(ctx, "insert into gx(id) values(6)"); return e })
	}))
	rows, e := c.Query(ctx, "select id, name from gx where id = any($1) order by id", []int32{1, 2})
	ck(e)
	type R struct {
		ID   int
		Name string
	}
	l, e := pgx.CollectRows(rows, pgx.RowToStructByName[R])
	ck(e)
	eq(l, []R{{1, "a"}, {2, "b"}})
	for _, m := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeExec, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeCacheDescribe} {
		var s string
		var by []byte
		ck(c.QueryRow(ctx, "select name, b from gx where id=$1 and name=$2 and $3::bytea is not null", m, 1, "a", []byte{1, 255}).Scan(&s, &by))
		eq(s, "a")
		eq(by, []byte{0, 255})
	}
	ty, e := c.LoadType(ctx, "text[]")
	_ = ty
}

func pgxTypes(url string) {
	c, e := pgx.Connect(ctx, url)
	ck(e)
	defer c.Close(ctx)
	_, e = c.Exec(ctx, "drop type if exists gmood")
	ck(e)
	_, e = c.Exec(ctx, "create type gmood as enum('a','b')")
	ck(e)
	ty, e := c.LoadType(ctx, "gmood")
	ck(e)
	c.TypeMap().RegisterType(ty)
	var s string
	ck(c.QueryRow(ctx, "select $1::gmood", "a").Scan(&s))
	_, e = c.Exec(ctx, "drop type gmood")
	ck(e)
}

func pgxPool(url string) {
	p, e := pgxpool.New(ctx, url)
	ck(e)
	defer p.Close()
	var x int
	ck(p.QueryRow(ctx, "select 1").Scan(&x))
	c, e := p.Acquire(ctx)
	ck(e)
	defer c.Release()
	_, e = c.Exec(ctx, "listen gch")
	ck(e)
	_, e = p.Exec(ctx, "notify gch, 'hi'")
	ck(e)
	nt, e := c.Conn().WaitForNotification(ctx)
	ck(e)
	eq(nt.Payload, "hi")
	tc, cl := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cl()
	_, e = c.Exec(tc, "select pg_sleep(10)")
	if e == nil {
		panic("no timeout")
	}
}

func libPq(url string) {
	d, e := sql.Open("postgres", url)
	ck(e)
	defer d.Close()
	_, e = d.Exec("drop table if exists gq")
	ck(e)
	_, e = d.Exec("create table gq(id serial primary key, name varchar(10), tags text[], b bytea)")
	ck(e)
	var id int
	ck(d.QueryRow("insert into gq(name,tags,b) values($1,$2,$3) returning id", "a", pq.Array([]string{"x", "y"}), []byte{0, 1, 255}).Scan(&id))
	eq(id, 1)
	var tags []string
	var b []byte
	ck(d.QueryRow("select tags,b from gq where id=$1", 1).Scan(pq.Array(&tags), &b))
	eq(tags, []string{"x", "y"})
	eq(b, []byte{0, 1, 255})
	tx, e := d.Begin()
	ck(e)
	st, e := tx.Prepare(pq.CopyIn("gq", "name"))
	ck(e)
	for i := 0; i < 100; i++ {
		_, e = st.Exec(fmt.Sprint(i))
		ck(e)
	}
	_, e = st.Exec()
	ck(e)
	ck(st.Close())
	ck(tx.Commit())
	var n int
	ck(d.QueryRow("select count(*) from gq").Scan(&n))
	eq(n, 101)
	_, e = d.Exec("insert into gq(id) values(1)")
	if pe, ok := e.(*pq.Error); !ok || pe.Code != "23505" || pe.Constraint != "gq_pkey" {
		panic(fmt.Sprintf("%#v", e))
	}
	rs, e := d.Query("select name from gq where id=1")
	ck(e)
	ct, e := rs.ColumnTypes()
	ck(e)
	eq(ct[0].DatabaseTypeName(), "VARCHAR")
	l, _ := ct[0].Length()
	eq(l, 10)
	rs.Close()
}

func gormMapper(url string) {
	g, e := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Default.LogMode(logger.Silent)})
	ck(e)
	m := g.Migrator()
	ck(m.DropTable(&Gbook{}, &Gauthor{}))
	ck(g.AutoMigrate(&Gauthor{}, &Gbook{}))
	a := Gauthor{Name: "n", Price: 1.5, Books: []Gbook{{Title: "t"}, {Title: "s"}}}
	ck(g.Create(&a).Error)
	var f Gauthor
	ck(g.Preload("Books").First(&f, "name = ?", "n").Error)
	eq(len(f.Books), 2)
	ck(g.Model(&f).Update("price", 2.25).Error)
	ck(g.Delete(&f.Books[0]).Error)
	var n int64
	ck(g.Model(&Gbook{}).Count(&n).Error)
	eq(n, 1)
	ck(g.Transaction(func(tx *gorm.DB) error {
		return tx.Transaction(func(t2 *gorm.DB) error { return t2.Create(&Gauthor{Name: "z"}).Error })
	}))
	ck(g.AutoMigrate(&Gauthor{}, &Gbook{}))
	ct, e := m.ColumnTypes(&Gauthor{})
	ck(e)
	eq(len(ct), 4)
	ix, e := m.GetIndexes(&Gauthor{})
	ck(e)
	eq(len(ix), 1)
	eq(m.HasTable("gauthors"), true)
	eq(m.HasConstraint(&Gbook{}, "fk_gauthors_books"), true)
}

func main() {
	cases := map[string]func(string){"pgx": pgxDriver, "pgx-types": pgxTypes, "pgxpool": pgxPool, "lib-pq": libPq, "gorm": gormMapper}
	cases[os.Args[1]]("postgres://tester:x@127.0.0.1:" + os.Args[2] + "/db?sslmode=disable")
	fmt.Println("well")
}
