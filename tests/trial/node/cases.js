// Drivers and mappers of node, each of which does its main job. Arguments: a case's name, the port. Prints "well" or fails.
const assert = require('node:assert')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const base = { host: '127.0.0.1', port: Number(process.argv[3]), user: 'tester', database: 'db', password: 'x' }
const eq = assert.deepStrictEqual

async function pgDriver() {
  const { Pool } = require('pg')
  const pool = new Pool({ ...base, max: 3 })
  await pool.query('create table n1 (id serial primary key, a int[], j jsonb, d timestamptz, n numeric(10,2), b bytea, e date)')
  const { rows } = await pool.query('insert into n1 (a, j, d, n, b, e) values ($1, $2, $3, $4, $5, $6) returning *',
    [[1, 2], { x: 1 }, new Date(0), '1.50', Buffer.from([0, 255]), '2024-01-02'])
  eq([rows[0].id, rows[0].a, rows[0].j, rows[0].d.getTime(), rows[0].n, [...rows[0].b]], [1, [1, 2], { x: 1 }, 0, '1.50', [0, 255]])
  const c = await pool.connect()
  await c.query('begin')
  await assert.rejects(c.query('select 1/0'), (e) => e.code === '22012')
  await c.query('rollback')
  const heard = new Promise((resolve) => c.on('notification', (m) => resolve(m.payload)))
  await c.query('listen ch')
  await pool.query("select pg_notify('ch', 'hi')")
  eq(await heard, 'hi')
  eq((await c.query({ text: 'select $1::int as a, $2::text as b', values: [1, 'x'], rowMode: 'array', name: 'st' })).rows, [[1, 'x']])
  c.release()
  await pool.end()
}

async function streams() {
  const { Client } = require('pg')
  const Cursor = require('pg-cursor')
  const QueryStream = require('pg-query-stream')
  const c = new Client(base)
  await c.connect()
  const cursor = c.query(new Cursor('select i::int from generate_series(1, $1) t(i)', [1000]))
  let n = 0
  for (let rows; (rows = await cursor.read(100)).length;) n += rows.length
  eq(n, 1000)
  await cursor.close()
  for await (const row of c.query(new QueryStream('select i from generate_series(1, 10000) t(i)'))) n += row.i ? 1 : 0
  eq(n, 11000)
  await c.end()
}

async function postgresJs() {
  const sql = require('postgres')({ ...base, username: 'tester', onnotice: () => {} })
  await sql`create table pj (id int, name text, tags text[], j jsonb)`
  await sql`insert into pj ${sql([{ id: 1, name: 'a', tags: ['x', 'y'], j: { a: 1 } }, { id: 2, name: 'b', tags: [], j: null }])}`
  eq((await sql`select * from pj where id = any(${[1, 2]}) order by id`).map((r) => ({ ...r })),
    [{ id: 1, name: 'a', tags: ['x', 'y'], j: { a: 1 } }, { id: 2, name: 'b', tags: [], j: null }])
  let n = 0
  await sql`select * from generate_series(1, 1000) g`.cursor(100, (rows) => { n += rows.length })
  eq(n, 1000)
  await sql.begin(async (tx) => {
    await tx`insert into pj (id) values (3)`
    await tx.savepoint((inner) => inner`insert into pj (id) values (4)`)
  })
  eq((await sql`select count(*)::int as c from pj`)[0].c, 4)
  await sql.end()
}

async function pgPromise() {
  const pgp = require('pg-promise')()
  const db = pgp(base)
  await db.none('create table pp (id int, v text)')
  const columns = new pgp.helpers.ColumnSet(['id', 'v'], { table: 'pp' })
  await db.none(pgp.helpers.insert([{ id: 1, v: 'a' }, { id: 2, v: "b'" }], columns))
  await db.none(`${pgp.helpers.update([{ id: 1, v: 'z' }], ['?id', 'v'], 'pp')} where v.id = t.id`)
  eq(await db.any('select * from pp where id in ($1:csv) order by id', [[1, 2]]), [{ id: 1, v: 'z' }, { id: 2, v: "b'" }])
  await db.tx(async (outer) => {
    await outer.none('insert into pp values (3)')
    await outer.tx((inner) => inner.none('insert into pp values (4)'))
  })
  eq((await db.one('select count(*) from pp')).count, '4')
  await db.$pool.end()
}

async function knexTables(knex) {
  await knex.schema.createTable('ka', (t) => {
    t.increments('id')
    t.string('name', 50).notNullable().unique()
    t.jsonb('j').defaultTo('{}')
    t.timestamps(true, true)
    t.decimal('p', 10, 2)
    t.enu('kind', ['a', 'b'])
    t.uuid('u')
    t.boolean('f').defaultTo(true)
  })
  await knex.schema.createTable('kb', (t) => {
    t.bigIncrements('id')
    t.integer('ka_id').references('id').inTable('ka').index()
    t.text('note')
  })
}

async function knexBuilder() {
  const knex = require('knex')({ client: 'pg', connection: base })
  await knexTables(knex)
  const [r] = await knex('ka').insert({ name: 'x', p: 1.5, kind: 'a', j: { a: 1 } }).returning('*')
  eq([r.id, r.name, r.p, r.j, r.f], [1, 'x', '1.50', { a: 1 }, true])
  await knex('ka').insert({ name: 'x', p: 2 }).onConflict('name').merge(['p'])
  eq((await knex('ka').where({ name: 'x' }).first()).p, '2.00')
  await knex.transaction(async (outer) => {
    await outer('kb').insert({ ka_id: 1, note: 'n' })
    await outer.transaction((inner) => inner('kb').insert({ ka_id: 1 }))
  })
  eq(await knex('kb').join('ka', 'ka.id', 'kb.ka_id').count('* as c').groupBy('ka.name').select('ka.name'), [{ c: '2', name: 'x' }])
  eq([await knex.schema.hasTable('ka'), await knex.schema.hasColumn('ka', 'name')], [true, true])
  eq((await knex('ka').columnInfo()).name, { type: 'character varying', maxLength: 50, nullable: false, defaultValue: null })
  await knex.schema.alterTable('kb', (t) => { t.string('more', 20).defaultTo('q'); t.dropColumn('note') })
  await knex.schema.alterTable('kb', (t) => t.renameColumn('more', 'extra'))
  eq(Object.keys(await knex('kb').columnInfo()), ['id', 'ka_id', 'extra'])
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'knex-'))
  fs.writeFileSync(path.join(directory, '001_a.js'),
    "exports.up = (k) => k.schema.createTable('km', (t) => { t.increments() }); exports.down = (k) => k.schema.dropTable('km')")
  await knex.migrate.latest({ directory })
  eq(await knex.schema.hasTable('km'), true)
  await knex.migrate.rollback({ directory })
  eq(await knex.schema.hasTable('km'), false)
  await knex.destroy()
}

async function sequelizeMapper() {
  const { Sequelize, DataTypes, Op } = require('sequelize')
  const s = new Sequelize('db', 'tester', 'x', { ...base, dialect: 'postgres', logging: false })
  const User = s.define('user', {
    name: { type: DataTypes.STRING(30), allowNull: false, unique: true }, meta: DataTypes.JSONB, tags: DataTypes.ARRAY(DataTypes.TEXT),
    kind: DataTypes.ENUM('a', 'b'), price: DataTypes.DECIMAL(10, 2), ok: { type: DataTypes.BOOLEAN, defaultValue: true }
  })
  const Post = s.define('post', { title: DataTypes.TEXT, at: DataTypes.DATE })
  User.hasMany(Post, { constraints: false })
  Post.belongsTo(User, { constraints: false })
  await s.authenticate()
  await s.sync({ force: true })
  const u = await User.create({ name: 'ann', meta: { x: [1] }, tags: ['q', 'r'], kind: 'b', price: 1.5 })
  for (const title of ['t1', 't2']) await Post.create({ title, userId: u.id, at: new Date(0) })
  const got = await User.findOne({ where: { name: 'ann' }, include: Post, order: [[Post, 'title', 'desc']] })
  eq([got.meta, got.tags, got.kind, got.price, got.posts.map((p) => p.title)], [{ x: [1] }, ['q', 'r'], 'b', '1.50', ['t2', 't1']])
  await u.update({ name: 'bob' })
  await User.upsert({ id: u.id, name: 'cid' })
  eq(await User.count({ where: { name: { [Op.iLike]: 'CI%' } } }), 1)
  await s.transaction((transaction) => Post.destroy({ where: { title: 't1' }, transaction }))
  eq((await Post.findAndCountAll({ where: { at: { [Op.lt]: new Date() } } })).count, 1)
  const q = s.getQueryInterface()
  const d = await q.describeTable('users')
  eq([d.name.type, d.name.allowNull, d.id.primaryKey, [...d.kind.special].sort()], ['CHARACTER VARYING(30)', false, true, ['a', 'b']])
  eq((await q.showIndex('users')).map((i) => [i.name, i.primary, i.unique, i.fields.map((f) => f.attribute)]).sort(),
    [['users_name_key', false, true, ['name']], ['users_pkey', true, true, ['id']]])
  await s.sync({ alter: true })
  await s.drop({})
  await s.close()
}

async function drizzleMapper() {
  const { drizzle } = require('drizzle-orm/node-postgres')
  const c = require('drizzle-orm/pg-core')
  const { eq: is } = require('drizzle-orm')
  const pool = new (require('pg').Pool)(base)
  const db = drizzle(pool)
  await pool.query('create table dz (id serial primary key, name varchar(20), j jsonb, at timestamp)')
  const dz = c.pgTable('dz', { id: c.serial('id').primaryKey(), name: c.varchar('name', { length: 20 }), j: c.jsonb('j'), at: c.timestamp('at') })
  await db.insert(dz).values([{ name: 'a', j: { x: 1 }, at: new Date(0) }, { name: 'b' }])
  eq((await db.select().from(dz).where(is(dz.name, 'a'))).map((r) => [r.id, r.j, r.at.getTime()]), [[1, { x: 1 }, 0]])
  await db.transaction((tx) => tx.update(dz).set({ name: 'c' }).where(is(dz.id, 2)))
  eq((await db.select().from(dz).where(is(dz.name, 'c'))).length, 1)
  await pool.end()
}

async function typeormMapper() {
  require('reflect-metadata')
  const { DataSource, EntitySchema } = require('typeorm')
  const Author = new EntitySchema({
    name: 'author',
    columns: {
      id: { type: Number, primary: true, generated: true }, name: { type: 'varchar', length: 40, unique: true }, at: { type: 'timestamptz', createDate: true },
      j: { type: 'jsonb', nullable: true }, u: { type: 'uuid', generated: 'uuid' }, p: { type: 'numeric', precision: 10, scale: 2, nullable: true },
      tags: { type: 'text', array: true, nullable: true }
    },
    relations: { books: { type: 'one-to-many', target: 'book', inverseSide: 'author' } }
  })
  const Book = new EntitySchema({
    name: 'book',
    columns: { id: { type: 'bigint', primary: true, generated: true }, title: { type: 'text' } },
    relations: { author: { type: 'many-to-one', target: 'author', inverseSide: 'books' } },
    indices: [{ columns: ['title'], name: 'book_title' }]
  })
  const ds = await new DataSource({ type: 'postgres', ...base, username: 'tester', entities: [Author, Book] }).initialize()
  await ds.synchronize()
  const authors = ds.getRepository('author')
  const books = ds.getRepository('book')
  const author = await authors.save({ name: 'n', j: { a: 1 }, p: 1.25, tags: ['a'] })
  await books.save([{ title: 't', author }, { title: 's', author }])
  const got = await authors.findOne({ where: { name: 'n' }, relations: { books: true } })
  eq([got.books.length, got.j, got.p, got.tags, got.u.length], [2, { a: 1 }, '1.25', ['a'], 36])
  eq(await books.createQueryBuilder('b').leftJoin('b.author', 'a').select('a.name', 'name').addSelect('count(*)', 'n').groupBy('a.name').getRawMany(),
    [{ name: 'n', n: '2' }])
  await ds.transaction((m) => m.getRepository('book').delete({ title: 's' }))
  eq(await books.count(), 1)
  eq((await ds.driver.createSchemaBuilder().log()).upQueries.map((q) => q.query), []) // what is there is what was asked for
  await ds.dropDatabase()
  await ds.destroy()
}

const cases = { pg: pgDriver, streams, 'postgres.js': postgresJs, 'pg-promise': pgPromise, knex: knexBuilder, sequelize: sequelizeMapper,
  drizzle: drizzleMapper, typeorm: typeormMapper }
cases[process.argv[2]]().then(() => { console.log('well'); process.exit(0) }, (e) => { console.error(e); process.exit(1) })
