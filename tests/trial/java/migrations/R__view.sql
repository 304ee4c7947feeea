create or replace view big as select * from purchase where amount > 15;
