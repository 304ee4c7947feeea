insert into customer (name) values ('Ann'), ('Bob');
insert into purchase (customer_id, amount) select id, 10.50 * id from customer;
alter table purchase add column note text default 'none';
create view spent as select c.name, sum(p.amount) as total from customer c join purchase p on p.customer_id = c.id group by c.name;
