-- An outpatient clinic: abbreviated names, bridge table, nullable keys. Deterministic.
CREATE SCHEMA clinic;
CREATE TABLE clinic.dept (dept_id int PRIMARY KEY, dept_nm text NOT NULL, flr int NOT NULL);
CREATE TABLE clinic.phys (phys_id int PRIMARY KEY, fname text, lname text, spclty text, dept_id int REFERENCES clinic.dept, hire_dt date, sal numeric(10,2));
CREATE TABLE clinic.ins_plan (ins_id int PRIMARY KEY, plan_nm text, carrier text, copay_amt numeric(8,2));
CREATE TABLE clinic.pat (pat_id int PRIMARY KEY, fname text, lname text, sex char(1), dob date, city text, ins_id int REFERENCES clinic.ins_plan, reg_dt date);
CREATE TABLE clinic.appt (appt_id int PRIMARY KEY, pat_id int NOT NULL REFERENCES clinic.pat, phys_id int NOT NULL REFERENCES clinic.phys, appt_ts timestamp NOT NULL, stat text NOT NULL, dur_min int, rm_no int);
CREATE TABLE clinic.dx (dx_cd text PRIMARY KEY, dx_desc text, chronic_flg boolean);
CREATE TABLE clinic.appt_dx (appt_id int REFERENCES clinic.appt, dx_cd text REFERENCES clinic.dx, PRIMARY KEY (appt_id, dx_cd));
CREATE TABLE clinic.med (med_id int PRIMARY KEY, med_nm text, mfr text, unit_cost numeric(8,2));
CREATE TABLE clinic.rx (rx_id int PRIMARY KEY, appt_id int REFERENCES clinic.appt, med_id int REFERENCES clinic.med, qty int, refills int);
CREATE TABLE clinic.inv (inv_id int PRIMARY KEY, appt_id int REFERENCES clinic.appt, amt numeric(10,2), paid_amt numeric(10,2), inv_dt date, paid_dt date);
CREATE OR REPLACE FUNCTION pg_temp.h(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(a, b) & 1048575)::int $$;
INSERT INTO clinic.dept VALUES (1,'Cardiology',2),(2,'Pediatrics',1),(3,'Orthopedics',3),(4,'Dermatology',1),(5,'Surgery',4),(6,'Oncology',3);
INSERT INTO clinic.phys
SELECT i, (ARRAY['Ana','Ben','Carla','Dario','Elena','Felix','Gina','Hugo','Ines','Jorge'])[1 + pg_temp.h(i,1) % 10],
  (ARRAY['Abad','Bautista','Castro','Dizon','Espino','Flores','Garcia','Herrera','Ibarra','Jimenez','Katigbak','Lopez','Mercado','Navarro','Ocampo','Perez','Quizon','Ramos','Santos','Tolentino','Uy','Velasco','Wong','Yap'])[i],
  (ARRAY['cardiologist','pediatrician','orthopedist','dermatologist','surgeon','oncologist','anesthesiologist'])[1 + CASE WHEN i % 11 = 0 THEN 6 ELSE (i*i) % 6 END],
  1 + (i*i) % 6, date '2009-03-01' + pg_temp.h(i,3) % 5600, 80000 + (pg_temp.h(i,4) % 1200) * 100 + i
FROM generate_series(1,24) i;
INSERT INTO clinic.ins_plan VALUES (1,'Gold','Maxima',200),(2,'Silver','Maxima',350),(3,'Basic','Maxima',500),(4,'Gold','Salud',250),(5,'Corporate','Salud',100),(6,'Family','Kalinga',300);
INSERT INTO clinic.pat
SELECT i, (ARRAY['Aida','Bert','Cora','Dan','Edna','Fidel','Gigi','Hector','Isa','Jun','Karla','Leo'])[1 + pg_temp.h(i,5) % 12],
  (ARRAY['Aquino','Belmonte','Cruz','De Leon','Enriquez','Fajardo','Gomez','Hizon','Isidro','Javier','Salazar','Soriano','Torres','Villar'])[1 + pg_temp.h(i,6) % 14],
  CASE WHEN pg_temp.h(i,7) % 100 < 56 THEN 'F' ELSE 'M' END, date '1938-01-01' + pg_temp.h(i,8) % 30000,
  (ARRAY['Pasig','Makati','Manila','Taguig','Pasig','Antipolo'])[1 + pg_temp.h(i,9) % 6],
  CASE WHEN pg_temp.h(i,10) % 10 < 7 THEN 1 + pg_temp.h(i,11) % 6 END, date '2021-01-01' + pg_temp.h(i,12) % 1530
FROM generate_series(1,320) i;
INSERT INTO clinic.appt
SELECT i, 1 + pg_temp.h(i,13) % 290, 1 + (pg_temp.h(i,14) % 24 + pg_temp.h(i,15) % 24) / 2,
  timestamp '2023-06-01' + (pg_temp.h(i,16) % 668) * interval '1 day' + (8 + pg_temp.h(i,17) % 9) * interval '1 hour' + (pg_temp.h(i,18) % 4) * interval '15 min',
  CASE WHEN pg_temp.h(i,19) % 100 < 71 THEN 'completed' WHEN pg_temp.h(i,19) % 100 < 82 THEN 'no-show' WHEN pg_temp.h(i,19) % 100 < 93 THEN 'cancelled' ELSE 'scheduled' END,
  15 * (1 + pg_temp.h(i,20) % 6), 1 + pg_temp.h(i,21) % 8
FROM generate_series(1,1800) i;
INSERT INTO clinic.dx VALUES ('I10','Hypertension',true),('E11','Type 2 diabetes',true),('J45','Asthma',true),('J06','Upper respiratory infection',false),('L20','Atopic dermatitis',true),('M54','Back pain',false),('S52','Forearm fracture',false),('C50','Breast cancer',true),('B01','Chickenpox',false);
INSERT INTO clinic.appt_dx SELECT DISTINCT i, (SELECT array_agg(dx_cd ORDER BY dx_cd) FROM clinic.dx)[1 + pg_temp.h(i,22+k) % 9] FROM generate_series(1,1800) i, generate_series(0,1) k WHERE pg_temp.h(i,30+k) % 10 < 5;
INSERT INTO clinic.med VALUES (1,'Amlodipine','Unilab',3.5),(2,'Metformin','Unilab',4.25),(3,'Salbutamol','GSK',18),(4,'Amoxicillin','Pascual',7.75),(5,'Ibuprofen','Pascual',2.5),(6,'Tamoxifen','Pfizer',55),(7,'Paracetamol','Unilab',1.75),(8,'Hydrocortisone','Pfizer',32.4);
INSERT INTO clinic.rx SELECT i, 1 + pg_temp.h(i,40) % 1800, 1 + (pg_temp.h(i,41) % 8 + pg_temp.h(i,42) % 8) / 2, 5 * (1 + pg_temp.h(i,43) % 12), pg_temp.h(i,44) % 4 FROM generate_series(1,1300) i;
INSERT INTO clinic.inv SELECT appt_id, appt_id, 350 + pg_temp.h(appt_id,50) % 900, CASE WHEN pg_temp.h(appt_id,51) % 10 < 7 THEN 350 + pg_temp.h(appt_id,50) % 900 WHEN pg_temp.h(appt_id,51) % 10 = 7 THEN 200 ELSE 0 END,
  appt_ts::date + 1, CASE WHEN pg_temp.h(appt_id,51) % 10 < 8 THEN appt_ts::date + 1 + pg_temp.h(appt_id,52) % 40 END FROM clinic.appt WHERE stat = 'completed';
ANALYZE;
