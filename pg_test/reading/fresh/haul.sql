-- A parcel carrier: abbreviated names, nullable dates. Deterministic.
CREATE SCHEMA haul;
CREATE TABLE haul.cust (cust_no int PRIMARY KEY, cust_nm text, seg text, ctry text, since_dt date);
CREATE TABLE haul.whse (whse_cd text PRIMARY KEY, whse_nm text, rgn text, cap_m3 int);
CREATE TABLE haul.drv (drv_id int PRIMARY KEY, drv_nm text, lic_cls text, base_whse text REFERENCES haul.whse, hired_on date, hrly_rate numeric(6,2));
CREATE TABLE haul.veh (veh_id int PRIMARY KEY, plate text, veh_typ text, cap_kg int, mfg_yr int);
CREATE TABLE haul.trip (trip_id int PRIMARY KEY, drv_id int NOT NULL REFERENCES haul.drv, veh_id int NOT NULL REFERENCES haul.veh, dep_ts timestamp NOT NULL, arr_ts timestamp, dist_km numeric(7,1), fuel_l numeric(7,1));
CREATE TABLE haul.shpmt (shpmt_no int PRIMARY KEY, cust_no int NOT NULL REFERENCES haul.cust, trip_id int REFERENCES haul.trip, wt_kg numeric(8,2), chg_amt numeric(10,2), svc_lvl text, stat text, bkd_dt date, dlvd_dt date);
CREATE OR REPLACE FUNCTION pg_temp.h(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(a, b) & 1048575)::int $$;
INSERT INTO haul.whse VALUES ('N01','Harbor Gate','North',12000),('N02','Pine Yard','North',8000),('S01','Delta Park','South',15000),('E01','Mill Road','East',6000);
INSERT INTO haul.cust SELECT i, 'Company '||chr(64+1+(i-1)/26)||chr(65+(i-1)%26), (ARRAY['retail','industrial','medical'])[1+pg_temp.h(i,1)%3], (ARRAY['Norway','Denmark','Norway','Poland'])[1+pg_temp.h(i,2)%4], date '2018-01-01'+pg_temp.h(i,3)%2500 FROM generate_series(1,60) i;
INSERT INTO haul.drv SELECT i, 'Driver '||chr(64+i), (ARRAY['B','C','CE'])[1+pg_temp.h(i,4)%3], (ARRAY['N01','N02','S01','E01','N01'])[1+pg_temp.h(i,5)%5], date '2012-01-01'+pg_temp.h(i,6)%4500, 18+pg_temp.h(i,7)%17+i/100.0 FROM generate_series(1,22) i;
INSERT INTO haul.veh SELECT i, 'PL-'||(1000+i*37), (ARRAY['van','truck','trailer'])[1+pg_temp.h(i,8)%3], 800*(1+pg_temp.h(i,9)%20)+i, 2008+pg_temp.h(i,10)%16 FROM generate_series(1,30) i;
INSERT INTO haul.trip SELECT i, 1+(pg_temp.h(i,11)%22+pg_temp.h(i,12)%22)/2, 1+pg_temp.h(i,13)%30, timestamp '2023-05-01'+(pg_temp.h(i,14)%690)*interval '1 day'+(5+pg_temp.h(i,15)%12)*interval '1 hour',
 CASE WHEN pg_temp.h(i,16)%20>0 THEN timestamp '2023-05-01'+(pg_temp.h(i,14)%690)*interval '1 day'+(18+pg_temp.h(i,17)%9)*interval '1 hour' END, 20+pg_temp.h(i,18)%700, 4+pg_temp.h(i,19)%190 FROM generate_series(1,900) i;
INSERT INTO haul.shpmt SELECT i, 1+(pg_temp.h(i,20)%60+pg_temp.h(i,21)%60)/2, CASE WHEN pg_temp.h(i,22)%12>0 THEN 1+pg_temp.h(i,23)%900 END, 1+pg_temp.h(i,24)%900+pg_temp.h(i,25)%100/100.0, 15+pg_temp.h(i,26)%1400+pg_temp.h(i,27)%100/100.0,
 (ARRAY['standard','express','overnight','standard'])[1+pg_temp.h(i,28)%4], (ARRAY['delivered','delivered','delivered','lost','in transit','delivered','returned'])[1+pg_temp.h(i,29)%7], date '2023-05-01'+pg_temp.h(i,30)%690, CASE WHEN pg_temp.h(i,31)%6>0 THEN date '2023-05-01'+pg_temp.h(i,30)%690+1+pg_temp.h(i,32)%9 END FROM generate_series(1,3000) i;
ANALYZE;
