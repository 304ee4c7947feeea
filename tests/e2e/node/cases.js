// Typed parameters, errors, cursors and streams through node's pg. Argument: port. Prints "ok" or fails.
const assert = require('node:assert')
const { Client, Pool } = require('pg')
const Cursor = require('pg-cursor')
const QueryStream = require('pg-query-stream')

const settings = { host: '127.0.0.1', port: Number(process.argv[2]), user: 'tester', database: 'db' }

async function main() {
  const c = new Client(settings)
  await c.connect()
  let r = await c.query('select $1::int as i, $2::text as t, $3::bool as b, $4::timestamptz as ts, $5::jsonb as j, $6::int[] as a',
    [42, 'ä €', true, new Date('2024-02-29T12:00:00Z'), { k: [1] }, [1, null, 3]])
  assert.deepStrictEqual(r.rows[0],
    { i: 42, t: 'ä €', b: true, ts: new Date('2024-02-29T12:00:00Z'), j: { k: [1] }, a: [1, null, 3] })
  r = await c.query({ name: 'prepared', text: 'select $1::bigint * 2 as v', values: ['21'] })
  r = await c.query({ name: 'prepared', text: 'select $1::bigint * 2 as v', values: ['22'] })
  assert.strictEqual(r.rows[0].v, '44')
  await assert.rejects(c.query('select * from no_such_table'), (e) => e.code === '42P01')
  assert.strictEqual((await c.query('select 1 as one')).rows[0].one, 1)

  await c.query('begin')
  const cursor = c.query(new Cursor('select i from range(100000) t(i)'))
  let n = 0
  for (let rows; (rows = await cursor.read(777)).length;) n += rows.length
  assert.strictEqual(n, 100000)
  await cursor.close()
  await c.query('commit')

  let sum = 0
  for await (const row of c.query(new QueryStream('select i::int as i from range(200000) t(i)'))) sum += row.i
  assert.strictEqual(sum, 19999900000)
  await c.end()

  const pool = new Pool({ ...settings, max: 10 })
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => pool.query('select $1::int as v', [i])))
  answers.forEach((a, i) => assert.strictEqual(a.rows[0].v, i))
  await pool.end()
  console.log('ok')
}

main().catch((e) => { console.error(e); process.exit(1) })
